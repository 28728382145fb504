"""Counts: exact after any changes, also of many clients at once, and what is due on the day of whoever looks."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from random import Random
from typing import Any

import pytest

from tests.support.calls import Api, Response
from tests.support.concurrency import run_concurrently
from tests.support.layer import layer
from tests.support.people import People, Person
from tests.support.tasks import (
    BULK,
    COMPLETE,
    DELETE,
    PATCH,
    SUMMARY,
    call_task_route,
    create_task,
    list_tasks,
    with_user_id,
)

PRIORITIES = ("low", "medium", "high", "urgent")
NONE = dict.fromkeys(PRIORITIES, 0)
NO_ZONES = ["", "x", "Berlin", "CEST", "Europe", "Europe/", "europe/berlin", "Europe/Berlin ", "+01:00", "../zone.tab"]
NO_ZONES += ["/etc/localtime", "Europe/../Europe/Berlin", "zone.tab", "__init__.py", "\x00", "é", "x" * 65, "\n"]


def summary(call: Api, person: Person, **query: str) -> dict[str, Any]:
    """A person's summary."""
    answer = call(SUMMARY, bearer=person.token, query=query)
    assert answer.status == 200, answer.text
    counts: dict[str, Any] = answer.json
    return counts


def due(call: Api, person: Person, zone: str) -> tuple[Any, Any]:
    """How many tasks are overdue, and how many are due today."""
    counts = summary(call, person, zone=zone)
    return counts["overdue"], counts["due_today"]


def bulk(call: Api, person: Person, operations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Do many things in one call; what became of each."""
    results: list[dict[str, Any]] = call(BULK, bearer=person.token, json={"operations": operations}).json["results"]
    return results


def recount(call: Api, person: Person) -> dict[str, Any]:
    """The same counts, from the whole list."""
    page = list_tasks(call, person, limit=100)
    assert page["cursor"] is None
    counts = Counter((task["priority"], task["completed"]) for task in page["tasks"])
    return {
        "total": counts.total(),
        "active": sum(counts[priority, False] for priority in PRIORITIES),
        "completed": sum(counts[priority, True] for priority in PRIORITIES),
        "by_priority": {priority: counts[priority, False] + counts[priority, True] for priority in PRIORITIES},
        "active_by_priority": {priority: counts[priority, False] for priority in PRIORITIES},
    }


def counted(call: Api, person: Person) -> dict[str, Any]:
    """The counts of a summary by state and priority."""
    return {name: value for name, value in summary(call, person).items() if name not in {"overdue", "due_today"}}


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Let it be a certain moment: `at("2026-10-25T00:30:00+02:00")`."""
    clock = layer("clock")
    return lambda moment: monkeypatch.setattr(clock, "now", lambda: datetime.fromisoformat(moment))


def test_nobody_begins_with_any(call: Api, ann: Person) -> None:
    numbers = dict.fromkeys(("total", "active", "completed", "overdue", "due_today"), 0)

    assert summary(call, ann) == numbers | {"by_priority": NONE, "active_by_priority": NONE}


def test_every_change_counts(call: Api, ann: Person, bob: Person) -> None:
    """Created, changed, completed twice, reopened, deleted twice; refused, not there, of somebody else."""
    ids = [create_task(call, ann, priority=priority)["id"] for priority in (*PRIORITIES, "urgent")]
    steps: list[tuple[str, str, dict[str, Any]]] = [
        (PATCH, ids[0], {"priority": "high"}),
        (PATCH, ids[1], {"title": "same place"}),
        (COMPLETE, ids[1], {"completed": True}),
        (COMPLETE, ids[1], {"completed": True}),
        (PATCH, ids[1], {"priority": "urgent"}),
        (COMPLETE, ids[3], {}),
        (COMPLETE, ids[3], {}),
        (PATCH, ids[4], {"completed": True, "priority": "low"}),
        (PATCH, ids[4], {"priority": "none"}),
        (DELETE, ids[2], {}),
        (DELETE, ids[2], {}),
        (DELETE, ids[1], {}),
        (PATCH, ids[1], {"completed": False}),
    ]
    for route, task, body in steps:
        call_task_route(call, route, bearer=ann.token, task=task, json=body)
        call_task_route(call, route, bearer=bob.token, task=task, json=body)
        assert counted(call, ann) == recount(call, ann), (route, body)

    assert counted(call, ann) == {
        "total": 3,
        "active": 2,
        "completed": 1,
        "by_priority": {"low": 1, "medium": 0, "high": 1, "urgent": 1},
        "active_by_priority": {"low": 0, "medium": 0, "high": 1, "urgent": 1},
    }
    assert counted(call, bob)["total"] == 0


def test_many_clients_at_once_leave_exact_counts(call: Api, ann: Person) -> None:
    """Each creates, completes, changes and deletes, at times the same tasks; nothing fails but what is gone."""
    shared = [create_task(call, ann)["id"] for _ in range(4)]

    def busy(seed: int) -> list[Response]:
        chance = Random(seed)  # noqa: S311 -- the same every time
        mine, answers = [create_task(call, ann, priority=chance.choice(PRIORITIES))["id"]], list[Response]()
        for _ in range(3):
            route, task = chance.choice([PATCH, COMPLETE, COMPLETE, DELETE]), chance.choice(mine + shared)
            body = {"priority": chance.choice(PRIORITIES)} if route == PATCH else {}
            answers.append(call_task_route(call, route, bearer=ann.token, task=task, json=body))
            operations = [
                {"op": "create", "task": {"title": "x", "priority": chance.choice(PRIORITIES)}},
                {"op": "complete", "id": chance.choice(shared)},
                {"op": "delete", "id": mine[0]},
            ]
            results = bulk(call, ann, operations[: chance.randrange(1, 4)])
            mine.append(results[0]["task"]["id"])
        return answers

    answers = [answer for each in run_concurrently(busy, range(4)) for answer in each]
    assert {answer.status for answer in answers} <= {200, 204, 404}
    assert counted(call, ann) == recount(call, ann)
    assert counted(call, ann)["total"] > 4


DAYS = {  # now and where: what is overdue, what is due today, and what is neither
    ("2026-11-21T10:30:00Z", "UTC"): (
        "0001-01-01 2026-11-20 2026-11-21T00:00:00Z 2026-11-21T10:29:59.999Z",
        "2026-11-21 2026-11-21T10:30:00Z 2026-11-21T23:59:59.999Z",
        "2026-11-22 2026-11-22T00:00:00Z 9999-12-31 9999-12-31T23:59:59Z",
    ),
    ("2026-11-21T00:00:00Z", "UTC"): ("2026-11-20T23:59:59.999Z", "2026-11-21T00:00:00Z", "2026-11-22"),
    ("2026-11-21T10:30:00Z", "Pacific/Kiritimati"): (  # half past midnight of the 22nd
        "2026-11-21 2026-11-21T10:29:00Z",
        "2026-11-22 2026-11-22T09:59:59.999Z 2026-11-22T23:59:00+14:00",
        "2026-11-23 2026-11-22T10:00:00Z",
    ),
    ("2026-11-21T10:30:00Z", "Pacific/Pago_Pago"): (  # half past eleven at night of the 20th
        "2026-11-19 2026-11-21T10:29:59.999Z",
        "2026-11-20 2026-11-21T10:59:59.999Z",
        "2026-11-21 2026-11-21T11:00:00Z 2026-11-21T10:59:59-11:00",
    ),
    ("2026-03-29T00:30:00+01:00", "Europe/Berlin"): (  # a day of 23 hours
        "2026-03-28 2026-03-29T00:29:00+01:00",
        "2026-03-29 2026-03-29T21:59:59.999Z",
        "2026-03-30 2026-03-29T22:00:00Z 2026-03-29T22:59:59Z",
    ),
    ("2026-10-25T02:30:00+02:00", "Europe/Berlin"): (  # a day of 25 hours, in which it is half past two again
        "2026-10-24 2026-10-25T02:29:00+02:00",
        "2026-10-25 2026-10-25T02:29:00+01:00 2026-10-25T22:00:00Z 2026-10-25T22:59:59.999Z",
        "2026-10-26 2026-10-25T23:00:00Z",
    ),
}


@pytest.mark.parametrize("case", DAYS, ids=str)
def test_what_is_over_and_what_is_left_of_today(
    call: Api, people: People, at: Callable[[str], None], case: tuple[str, str]
) -> None:
    """To the millisecond, by the clock on the wall of whoever asks; what is completed or has no date is neither."""
    (now, zone), (over, today, neither) = case, map(str.split, DAYS[case])
    at(now)
    ann = people.signed_in("ann")
    tasks = [{"title": "x", "due_date": due_date} for due_date in (*over, *today, *neither, None)]
    results = bulk(call, ann, [{"op": "create", "task": task} for task in tasks])
    assert due(call, ann, zone) == (len(over), len(today))

    bulk(call, ann, [{"op": "complete", "id": result["task"]["id"]} for result in results])
    assert due(call, ann, zone) == (0, 0)


def test_a_task_is_due_as_its_changes_and_the_clock_say(call: Api, people: People, at: Callable[[str], None]) -> None:
    at("2026-11-21T10:30:00Z")
    ann = people.signed_in("ann")
    task = create_task(call, ann, due_date="2026-11-21")["id"]
    steps: list[tuple[dict[str, Any], tuple[int, int]]] = [
        ({"due_date": "2026-11-20"}, (1, 0)),
        ({"completed": True}, (0, 0)),
        ({"due_date": "2026-11-21"}, (0, 0)),
        ({"completed": False}, (0, 1)),
        ({"due_date": None}, (0, 0)),
        ({"due_date": "2026-11-21T10:29:00Z"}, (1, 0)),
    ]
    for body, counts in steps:
        call_task_route(call, PATCH, bearer=ann.token, task=task, json=body)
        assert due(call, ann, "UTC") == counts, body
    at("2026-11-21T10:28:59.999Z")
    assert due(call, ann, "UTC") == (0, 1)
    call_task_route(call, DELETE, bearer=ann.token, task=task)
    assert due(call, ann, "UTC") == (0, 0)


def keep_due(owner: str, dues: list[str]) -> None:
    """Rows of open tasks, and nothing else of them."""
    row, model, now = layer("tasks.table").TaskRow, layer("tasks.model"), layer("clock").now()
    same = {"description": "", "completed": False, "completed_at": None, "created_at": now, "updated_at": now}
    with row.batch_write() as batch:
        for number, text in enumerate(dues):
            about = {"title": "x", "priority": "low", "due_date": text, "tags": [], "version": 1} | same
            batch.save(row.of(owner, model.Task(id=model.new_task_id(), **about), number))


def test_a_thousand_are_counted_and_more_are_more_at_the_same_cost(call: Api, ann: Person) -> None:
    assert due(call, ann, "UTC") == (0, 0)
    assert (calls := call.aws_operations) == ["BatchGetItem", "BatchGetItem", "Query", "Query", "Query", "Query"]

    keep_due(ann.id, ["2020-05-01"] * 1000)
    assert due(call, ann, "UTC") == (1000, 0)
    keep_due(ann.id, ["2020-05-01"])
    assert due(call, ann, "UTC") == ("1000+", 0)
    assert call.aws_operations == calls


@pytest.mark.parametrize(
    "dues", [["2020-05-01"] * 4, ["2020-05-01", "2020-05-01T12:00:00.000Z"] * 2], ids=["days", "both"]
)
def test_one_more_than_the_cap_is_more(
    call: Api, ann: Person, monkeypatch: pytest.MonkeyPatch, dues: list[str]
) -> None:
    monkeypatch.setattr(layer("tasks.summary"), "_MAX_COUNT", 3)
    keep_due(ann.id, dues[1:])
    assert due(call, ann, "UTC") == (3, 0)
    keep_due(ann.id, dues[:1])
    assert due(call, ann, "UTC") == ("3+", 0)


def test_both_forms_of_the_path_count_the_same_in_utc_unless_told(call: Api, ann: Person) -> None:
    create_task(call, ann, due_date="0001-01-01")

    for route in (SUMMARY, with_user_id(SUMMARY)):
        counts = call_task_route(call, route, bearer=ann.token, owner=ann.id).json
        assert counts == summary(call, ann, zone="UTC") | {"overdue": 1}


def test_what_is_no_zone_is_refused(call: Api, ann: Person) -> None:
    for zone in NO_ZONES:
        answer = call(SUMMARY, bearer=ann.token, query={"zone": zone})
        assert (answer.status, answer.code) == (400, "VALIDATION_ERROR"), zone
        assert answer.json["message"].startswith("[query.zone] ")
    for query in ("zone=UTC&zone=UTC", "tz=UTC", "user_id=someone", "zone=UTC&limit=1"):
        assert call(SUMMARY, bearer=ann.token, query=query).code == "VALIDATION_ERROR", query
