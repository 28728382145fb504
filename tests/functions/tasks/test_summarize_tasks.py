"""GET /api/tasks/summary: counters that are exact under concurrent changes, and what is due in the caller's zone."""

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
INVALID_ZONES = [
    "",
    "x",
    "Berlin",
    "CEST",
    "Europe",
    "Europe/",
    "europe/berlin",
    "Europe/Berlin ",
    "+01:00",
    "../zone.tab",
]
INVALID_ZONES += ["/etc/localtime", "Europe/../Europe/Berlin", "zone.tab", "__init__.py", "\x00", "é", "x" * 65, "\n"]


def summary(call: Api, person: Person, **query: str) -> dict[str, Any]:
    """Return the user's summary."""
    response = call(SUMMARY, bearer=person.token, query=query)
    assert response.status == 200, response.text
    counts: dict[str, Any] = response.json
    return counts


def due(call: Api, person: Person, zone: str) -> tuple[Any, Any]:
    """Return how many tasks are overdue, and how many are due today."""
    counts = summary(call, person, zone=zone)
    return counts["overdue"], counts["due_today"]


def bulk(call: Api, person: Person, operations: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Execute operations in one call, and return their results."""
    results: list[dict[str, Any]] = call(BULK, bearer=person.token, json={"operations": operations}).json["results"]
    return results


def recount(call: Api, person: Person) -> dict[str, Any]:
    """Return the same counts, from the whole list."""
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
    """Return the summary's counts by state and priority."""
    return {name: value for name, value in summary(call, person).items() if name not in {"overdue", "due_today"}}


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Set the time: `at("2026-10-25T00:30:00+02:00")`."""
    clock = layer("clock")
    return lambda moment: monkeypatch.setattr(clock, "now", lambda: datetime.fromisoformat(moment))


def test_a_new_user_has_no_tasks(call: Api, ann: Person) -> None:
    numbers = dict.fromkeys(("total", "active", "completed", "overdue", "due_today"), 0)

    assert summary(call, ann) == numbers | {"by_priority": NONE, "active_by_priority": NONE}


def test_every_change_is_counted(call: Api, ann: Person, bob: Person) -> None:
    """Create, change, complete twice, reopen, delete twice; refused changes, and those of missing or others' tasks."""
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


def test_counters_are_exact_after_concurrent_changes(call: Api, ann: Person) -> None:
    """Each client creates, completes, changes and deletes, partly the same tasks; only deleted tasks are not found."""
    shared = [create_task(call, ann)["id"] for _ in range(4)]

    def write(seed: int) -> list[Response]:
        random = Random(seed)  # noqa: S311 -- the same every time
        mine, responses = [create_task(call, ann, priority=random.choice(PRIORITIES))["id"]], list[Response]()
        for _ in range(3):
            route, task = random.choice([PATCH, COMPLETE, COMPLETE, DELETE]), random.choice(mine + shared)
            body = {"priority": random.choice(PRIORITIES)} if route == PATCH else {}
            responses.append(call_task_route(call, route, bearer=ann.token, task=task, json=body))
            operations = [
                {"op": "create", "task": {"title": "x", "priority": random.choice(PRIORITIES)}},
                {"op": "complete", "id": random.choice(shared)},
                {"op": "delete", "id": mine[0]},
            ]
            results = bulk(call, ann, operations[: random.randrange(1, 4)])
            mine.append(results[0]["task"]["id"])
        return responses

    responses = [response for each in run_concurrently(write, range(4)) for response in each]
    assert {response.status for response in responses} <= {200, 204, 404}
    assert counted(call, ann) == recount(call, ann)
    assert counted(call, ann)["total"] > 4


DAYS = {  # by time and zone: the due dates that are overdue, due today, and neither
    ("2026-11-21T10:30:00Z", "UTC"): (
        "0001-01-01 2026-11-20 2026-11-21T00:00:00Z 2026-11-21T10:29:59.999Z",
        "2026-11-21 2026-11-21T10:30:00Z 2026-11-21T23:59:59.999Z",
        "2026-11-22 2026-11-22T00:00:00Z 9999-12-31 9999-12-31T23:59:59Z",
    ),
    ("2026-11-21T00:00:00Z", "UTC"): ("2026-11-20T23:59:59.999Z", "2026-11-21T00:00:00Z", "2026-11-22"),
    ("2026-11-21T10:30:00Z", "Pacific/Kiritimati"): (  # 00:30 of the 22nd
        "2026-11-21 2026-11-21T10:29:00Z",
        "2026-11-22 2026-11-22T09:59:59.999Z 2026-11-22T23:59:00+14:00",
        "2026-11-23 2026-11-22T10:00:00Z",
    ),
    ("2026-11-21T10:30:00Z", "Pacific/Pago_Pago"): (  # 23:30 of the 20th
        "2026-11-19 2026-11-21T10:29:59.999Z",
        "2026-11-20 2026-11-21T10:59:59.999Z",
        "2026-11-21 2026-11-21T11:00:00Z 2026-11-21T10:59:59-11:00",
    ),
    ("2026-03-29T00:30:00+01:00", "Europe/Berlin"): (  # a day of 23 hours
        "2026-03-28 2026-03-29T00:29:00+01:00",
        "2026-03-29 2026-03-29T21:59:59.999Z",
        "2026-03-30 2026-03-29T22:00:00Z 2026-03-29T22:59:59Z",
    ),
    ("2026-10-25T02:30:00+02:00", "Europe/Berlin"): (  # a day of 25 hours, with two times 02:30
        "2026-10-24 2026-10-25T02:29:00+02:00",
        "2026-10-25 2026-10-25T02:29:00+01:00 2026-10-25T22:00:00Z 2026-10-25T22:59:59.999Z",
        "2026-10-26 2026-10-25T23:00:00Z",
    ),
}


@pytest.mark.parametrize("case", DAYS, ids=str)
def test_overdue_and_due_today_follow_the_callers_zone(
    call: Api, people: People, at: Callable[[str], None], case: tuple[str, str]
) -> None:
    """To the millisecond; completed tasks and those without a date are neither."""
    (now, zone), (overdue, today, neither) = case, map(str.split, DAYS[case])
    at(now)
    ann = people.signed_in("ann")
    tasks = [{"title": "x", "due_date": due_date} for due_date in (*overdue, *today, *neither, None)]
    results = bulk(call, ann, [{"op": "create", "task": task} for task in tasks])
    assert due(call, ann, zone) == (len(overdue), len(today))

    bulk(call, ann, [{"op": "complete", "id": result["task"]["id"]} for result in results])
    assert due(call, ann, zone) == (0, 0)


def test_due_counts_follow_changes_and_the_clock(call: Api, people: People, at: Callable[[str], None]) -> None:
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


def write_due(owner: str, dues: list[str]) -> None:
    """Write rows of open tasks."""
    row, model, now = layer("tasks.table").TaskRow, layer("tasks.model"), layer("clock").now()
    same = {"description": "", "completed": False, "completed_at": None, "created_at": now, "updated_at": now}
    with row.batch_write() as batch:
        for number, text in enumerate(dues):
            about = {"title": "x", "priority": "low", "due_date": text, "tags": [], "version": 1} | same
            batch.save(row.of(owner, model.Task(id=model.new_task_id(), **about), number))


def test_due_tasks_are_counted_up_to_a_thousand_at_constant_cost(call: Api, ann: Person) -> None:
    assert due(call, ann, "UTC") == (0, 0)
    assert (calls := call.aws_operations) == ["BatchGetItem", "BatchGetItem", "Query", "Query", "Query", "Query"]

    write_due(ann.id, ["2020-05-01"] * 1000)
    assert due(call, ann, "UTC") == (1000, 0)
    write_due(ann.id, ["2020-05-01"])
    assert due(call, ann, "UTC") == ("1000+", 0)
    assert call.aws_operations == calls


@pytest.mark.parametrize(
    "dues", [["2020-05-01"] * 4, ["2020-05-01", "2020-05-01T12:00:00.000Z"] * 2], ids=["days", "both"]
)
def test_more_than_the_limit_is_shown_as_such(
    call: Api, ann: Person, monkeypatch: pytest.MonkeyPatch, dues: list[str]
) -> None:
    monkeypatch.setattr(layer("tasks.summary"), "_MAX_COUNT", 3)
    write_due(ann.id, dues[1:])
    assert due(call, ann, "UTC") == (3, 0)
    write_due(ann.id, dues[:1])
    assert due(call, ann, "UTC") == ("3+", 0)


def test_both_forms_of_the_path_count_in_utc_by_default(call: Api, ann: Person) -> None:
    create_task(call, ann, due_date="0001-01-01")

    for route in (SUMMARY, with_user_id(SUMMARY)):
        counts = call_task_route(call, route, bearer=ann.token, owner=ann.id).json
        assert counts == summary(call, ann, zone="UTC") | {"overdue": 1}


def test_an_invalid_zone_is_refused(call: Api, ann: Person) -> None:
    for zone in INVALID_ZONES:
        response = call(SUMMARY, bearer=ann.token, query={"zone": zone})
        assert (response.status, response.code) == (400, "VALIDATION_ERROR"), zone
        assert response.json["message"].startswith("[query.zone] ")
    for query in ("zone=UTC&zone=UTC", "tz=UTC", "user_id=someone", "zone=UTC&limit=1"):
        assert call(SUMMARY, bearer=ann.token, query=query).code == "VALIDATION_ERROR", query
