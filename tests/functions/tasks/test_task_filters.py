"""Filters of the list: each alone, and combined, in every order."""

from collections.abc import Callable, Iterator
from itertools import combinations
from random import Random
from typing import Any

import pytest

from tests.support.calls import Api
from tests.support.layer import layer
from tests.support.people import Person
from tests.support.tasks import BULK, COMPLETE, call_task_route, create_task, list_tasks

TASKS: dict[str, dict[str, Any]] = {
    "plants": {"title": "Water the PLANTS", "tags": ["Home", "garden"], "priority": "high", "due_date": "2026-05-01"},
    "straße": {"title": "STRASSE fegen", "tags": ["home"], "due_date": "2026-05-02"},
    "tax": {"title": "Tax", "description": "50% of Ægir's\nplants_", "due_date": "2026-05-01T10:00:00Z"},
    "rest": {"title": "Rest", "description": "as long as it takes", "tags": ["gardening"]},
    "done": {"title": "Done", "priority": "low", "due_date": "2026-05-01T10:00:00.001Z"},
}
MATCHES = {
    "": "plants straße tax rest done",
    "status=all": "plants straße tax rest done",
    "status=active": "plants straße tax rest",
    "status=completed": "done",
    "priority=HIGH": "plants",
    "priority=medium": "straße tax rest",
    "priority=urgent": "",
    "tag=home": "plants straße",
    "tag=%20HOME%20": "plants straße",
    "tag=garden": "plants",  # the whole tag
    "tag=ome": "",
    "due_before=2026-05-02": "plants tax done",  # excludes that day, and tasks without a date
    "due_before=2026-05-01": "",
    "due_before=2026-05-01T10:00:00Z": "plants",
    "due_before=2026-05-01T12:00:00.001%2B02:00": "plants tax",
    "due_after=2026-05-01": "plants straße tax done",  # includes that day
    "due_after=2026-05-01T10:00:00Z": "straße tax done",
    "due_after=2026-05-01T09:00:00.001-01:00": "straße done",
    "due_after=2026-05-02": "straße",
    "due_after=2026-05-01&due_before=2026-05-02": "plants tax done",
    "due_after=2026-05-02&due_before=2026-05-02": "",
    "due_after=2026-05-02&due_before=2026-05-01": "",
    "search=plants": "plants tax",
    "search=%20pLaNt%20": "plants tax",
    "search=stra%C3%9Fe": "straße",
    "search=%C3%A6gir": "tax",
    "search=%25": "tax",
    "search=_": "tax",
    "search=.*": "",
    "search=the+plants": "plants",
    "search=": "plants straße tax rest done",
    "search=home": "",  # tags are not searched
    "search=plants&tag=home&priority=high&status=active&due_before=2026-05-02&due_after=2026-05-01": "plants",
    "search=plants&tag=home&priority=high&status=completed": "",
}
MANY = 24
SORTS = ("created_at", "due_date", "priority", "updated_at", "title")


def test_each_filter_finds_its_matches_in_every_order(call: Api, ann: Person) -> None:
    names = {create_task(call, ann, **task)["id"]: name for name, task in TASKS.items()}
    done = next(task for task, name in names.items() if name == "done")
    call_task_route(call, COMPLETE, bearer=ann.token, task=done)

    for number, (query, expected) in enumerate(MATCHES.items()):
        for sort in {SORTS[number % len(SORTS)], "due_date" if "due" in query else "title"}:
            response = call("GET /api/tasks", bearer=ann.token, query=f"{query}&sort={sort}".removeprefix("&"))
            assert response.status == 200, response.text
            assert {names[task["id"]] for task in response.json["tasks"]} == set(expected.split()), (query, sort)


def test_updated_since_is_inclusive_to_the_millisecond(
    call: Api, ann: Person, advance_clock: Callable[..., None]
) -> None:
    """Further digits are ignored, so that nothing is missed."""
    old = create_task(call, ann)
    advance_clock(milliseconds=20)
    new = create_task(call, ann)
    moment = new["updated_at"].removesuffix("Z")

    for sort in SORTS:
        for since in (f"{moment}Z", f"{moment}4Z", f"{moment}999z", f"{moment}+00:00"):
            assert list_tasks(call, ann, sort=sort, updated_since=since)["tasks"] == [new], (sort, since)
        since = f"{moment[:-3]}{int(moment[-3:]) + 1:03}Z" if moment[-3:] != "999" else "2999-01-01T00:00Z"
        assert list_tasks(call, ann, sort=sort, updated_since=since)["tasks"] == []
        assert len(list_tasks(call, ann, sort=sort, updated_since=old["updated_at"])["tasks"]) == 2


@pytest.mark.parametrize("since", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z"])
def test_updated_since_may_be_any_time(call: Api, ann: Person, since: str) -> None:
    create_task(call, ann)

    for sort in SORTS:
        assert len(list_tasks(call, ann, sort=sort, updated_since=since)["tasks"]) == (1 if since < "2026" else 0)


def test_bounds_of_a_query_are_never_reversed(call: Api, ann: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """DynamoDB refuses a BETWEEN whose bounds are reversed (architect/dynalite#55); moto does not."""
    bounds_of_queries: list[Any] = []

    def query(ask: Any) -> dict[str, Any]:
        bounds_of_queries.append([bound.value["S"] for bound in ask.key_condition.values[1:]])
        return {"Items": []}

    monkeypatch.setattr(layer("tasks.listing"), "query", query)
    for bounds in ({"due_after": "2026-05-02", "due_before": "2026-05-01"}, {"due_after": "9999-12-31"}):
        assert list_tasks(call, ann, sort="due_date", **bounds)["tasks"] == []

    assert len(bounds_of_queries) == 2
    assert all(lower <= upper for lower, upper in bounds_of_queries)


CHOICES: dict[str, Any] = {
    "status": "active",
    "priority": "high",
    "tag": "home",
    "due_before": "2026-05-04",
    "due_after": "2026-05-02T12:00:00.000Z",
    "search": "an",
    "updated_since": None,  # when half of the tasks have changed
}


def matches(task: dict[str, Any], name: str, value: str) -> bool:
    """Return whether a task matches one filter."""
    meaning: dict[str, bool] = {
        "status": task["completed"] == (value == "completed"),
        "priority": task["priority"] == value,
        "tag": value in task["tags"],
        "due_before": bool(task["due_date"]) and task["due_date"] < value,
        "due_after": bool(task["due_date"]) and task["due_date"] >= value,
        "search": value in task["title"].casefold() or value in task["description"].casefold(),
        "updated_since": task["updated_at"] >= value,
    }
    return meaning[name]


def create_various(call: Api, person: Person, advance_clock: Callable[..., None]) -> str:
    """Create tasks of all kinds, and return the time after which half of them changed."""
    random = Random(4)  # noqa: S311 -- the same every time
    news = [
        {
            "title": random.choice(["Banana", "ANANAS", "Kiwi", "Äpfel"]),
            "description": random.choice(["", "An orange", "none"]),
            "priority": random.choice(["low", "high"]),
            "tags": random.sample(["home", "work", "garden"], random.randrange(3)),
            "due_date": random.choice(
                [None, *(f"2026-05-0{day}{at}" for day in range(1, 6) for at in ("", "T12:00Z"))]
            ),
        }
        for _ in range(MANY)
    ]
    ids = bulk(call, person, [{"op": "create", "task": new} for new in news])
    advance_clock(seconds=1)
    changes = [
        {"op": "complete", "id": name, "completed": random.random() < 0.5} for name in random.sample(ids, MANY // 2)
    ]
    bulk(call, person, changes)
    return str(list_tasks(call, person, sort="updated_at", limit=1)["tasks"][0]["updated_at"])


def bulk(call: Api, person: Person, operations: list[dict[str, Any]]) -> list[str]:
    """Execute operations in one call, and return the ids of their tasks."""
    response = call(BULK, bearer=person.token, json={"operations": operations})
    return [result["task"]["id"] for result in response.json["results"]]


def list_all(person: Person, limit: int, **query: Any) -> Iterator[dict[str, Any]]:
    """Return the tasks of all pages."""
    listing, cursor = layer("tasks.listing"), None
    owner = layer("tasks").Owner(id=person.id, cursor_key=b"key")
    while True:
        page = listing.list_page(owner, listing.TaskQuery(limit=limit, cursor=cursor, **query))
        yield from page.model_dump(mode="json")["tasks"]
        if (cursor := page.cursor) is None:
            return


def test_combined_filters_find_what_matches_all_of_them(
    call: Api, ann: Person, advance_clock: Callable[..., None]
) -> None:
    """Each, all, and any two, in both directions and several page sizes, compared with filtering the whole list."""
    choices = CHOICES | {"updated_since": create_various(call, ann, advance_clock)}
    alone_or_all, pairs = [*combinations(choices, 1), tuple(choices)], [*combinations(choices, 2)]

    for number, sort in enumerate(SORTS):
        everything = list(list_all(ann, 100, sort=sort, order="asc"))
        assert len(everything) == MANY
        for step, names in enumerate([*alone_or_all, *pairs[number::5]], number):
            query = {name: choices[name] for name in names}
            order, limit = ("asc", "desc")[step % 2], (5, 100)[step // 2 % 2]
            expected = [task for task in everything if all(matches(task, *item) for item in query.items())]
            found = list(list_all(ann, limit, sort=sort, order=order, **query))
            assert found == (expected if order == "asc" else expected[::-1]), query
