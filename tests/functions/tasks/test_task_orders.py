"""Orders: every sort, both ways; who is first among equals; and page by page as in one."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.calls import Api
from tests.support.layer import layer
from tests.support.people import Person
from tests.support.tasks import BULK, DELETE, PATCH, call_task_route, create_task, list_tasks

TASKS: dict[str, dict[str, Any]] = {  # in the order in which they are made
    "a": {"title": "zebra", "priority": "low"},
    "b": {"title": "Apple", "priority": "high", "due_date": "2026-05-02"},
    "c": {"title": "apple", "priority": "medium", "due_date": "2026-05-01"},
    "d": {"title": "app store", "priority": "urgent", "due_date": "2026-05-01T00:00:00Z"},
    "e": {"title": "app", "priority": "low", "due_date": "2026-05-02"},
    "f": {"title": "Äpfel", "priority": "high"},
    "g": {"title": "STRASSE", "priority": "medium", "due_date": "2026-05-01T23:59:59+14:00"},
    "h": {"title": "Straße", "priority": "urgent", "due_date": "2026-04-30T23:00:00-02:00"},
    "i": {"title": "🌵", "priority": "low", "due_date": "0001-01-01"},
    "j": {"title": "9 lives", "priority": "medium", "due_date": "9999-12-31T23:59:59Z"},
    "k": {"title": "10 things", "priority": "high", "due_date": "2026-05-01"},
    "l": {"title": "日本", "priority": "medium", "due_date": "9999-12-31"},
}
CHANGED = "cak"  # afterwards, one after the other
ASCENDING = {
    "created_at": "abcdefghijkl",
    "updated_at": "bdefghijlcak",
    "due_date": "ickdhgbeljaf",  # a day before its moments, what has no date last
    "priority": "aeicgjlbfkdh",
    "title": "kjedbcghafli",  # without case, by code points
}
DEFAULT = {"created_at": "desc", "updated_at": "desc", "due_date": "asc", "priority": "desc", "title": "asc"}
DIRECTION = {"asc": 1, "desc": -1}
every_sort = pytest.mark.parametrize("sort", ASCENDING)


@pytest.fixture
def letters(call: Api, ann: Person, advance_clock: Callable[..., None]) -> dict[str, str]:
    """Ann has TASKS, and had one more; which id is which letter."""
    found = {}
    for letter, task in TASKS.items():
        advance_clock(seconds=1)
        found[create_task(call, ann, **task)["id"]] = letter
    ids = {letter: name for name, letter in found.items()}
    for letter in CHANGED:
        call_task_route(call, PATCH, bearer=ann.token, task=ids[letter], json={"description": "changed"})
    call_task_route(call, DELETE, bearer=ann.token, task=create_task(call, ann)["id"])
    return found


def pages(call: Api, person: Person, **query: Any) -> list[list[str]]:
    """The ids on every page of a list; each page costs one query."""
    page = list_tasks(call, person, **query)
    found = [page]
    while page["cursor"] is not None:
        page = list_tasks(call, person, **query, cursor=page["cursor"])
        assert call.aws_operations == ["BatchGetItem", "Query"]
        found.append(page)
    return [[task["id"] for task in page["tasks"]] for page in found]


@every_sort
def test_every_sort_goes_both_ways(call: Api, ann: Person, letters: dict[str, str], sort: str) -> None:
    def order(**query: str) -> str:
        return "".join(letters[task["id"]] for task in list_tasks(call, ann, sort=sort, **query)["tasks"])

    assert order(order="asc") == ASCENDING[sort]
    assert order(order="desc") == ASCENDING[sort][::-1]
    assert order() == order(order=DEFAULT[sort])


@every_sort
def test_pages_of_any_size_are_the_whole(call: Api, ann: Person, letters: dict[str, str], sort: str) -> None:
    """The last page is the last: none is empty."""
    sizes = [("asc", 1, [1] * 12), ("desc", 2, [2] * 6), ("asc", 7, [7, 5]), ("desc", 12, [12])]

    for order, limit, expected in sizes:
        found = pages(call, ann, sort=sort, order=order, limit=limit)
        assert "".join(letters[name] for page in found for name in page) == ASCENDING[sort][:: DIRECTION[order]]
        assert [len(page) for page in found] == expected


def test_among_equals_none_is_lost_or_doubled(call: Api, ann: Person) -> None:
    """Those that differ in nothing but their ids are in the order of these; of changes made at once, as they came."""
    operations = [{"op": "create", "task": {"title": "Same", "due_date": "2026-05-01"}}] * 20
    made = call(BULK, bearer=ann.token, json={"operations": operations}).json["results"]
    ids = [result["task"]["id"] for result in made]

    for sort in ASCENDING:
        found = [name for page in pages(call, ann, sort=sort, order="asc", limit=7) for name in page]
        assert found == (ids if sort == "updated_at" else sorted(ids))


def test_a_task_moves_when_it_changes(call: Api, ann: Person, letters: dict[str, str]) -> None:
    last = {letter: name for name, letter in letters.items()}["i"]
    first = {"title": "0", "priority": "urgent", "due_date": None}
    call_task_route(call, PATCH, bearer=ann.token, task=last, json=first)

    assert list_tasks(call, ann, sort="title")["tasks"][0]["id"] == last
    assert list_tasks(call, ann, sort="priority")["tasks"][0]["id"] == last
    assert list_tasks(call, ann, sort="updated_at")["tasks"][0]["id"] == last
    assert list_tasks(call, ann, sort="due_date")["tasks"][-1]["id"] == last


def test_where_much_was_deleted_the_latest_changes_are_still_found(call: Api, ann: Person) -> None:
    """What is left of deleted tasks is in the order of changes, too, and never on a page."""
    kept = create_task(call, ann, title="Kept")
    row, now = layer("tasks.table").TombstoneRow, layer("clock").now()
    with row.batch_write() as batch:
        for number in range(300):
            batch.save(row.of(ann.id, str(number), 10**18 + number, now))

    assert list_tasks(call, ann, sort="updated_at") == {"tasks": [kept], "cursor": None}
    assert list_tasks(call, ann, sort="updated_at", order="asc", limit=1)["tasks"] == [kept]


def test_long_titles_in_letters_that_unfold_are_still_in_order(call: Api, ann: Person) -> None:
    """DynamoDB takes keys of up to 1024 bytes; 200 of these letters are 1200 without case."""
    titles = ["ΐ" * 200, "ΐ" * 10 + "a", "\N{CACTUS}" * 200, "ß" * 200]
    for title in titles:
        create_task(call, ann, title=title)

    found = [name for page in pages(call, ann, sort="title", limit=1) for name in page]
    whole = list_tasks(call, ann, sort="title")["tasks"]
    assert [task["id"] for task in whole] == found
    assert [task["title"] for task in whole] == sorted(titles, key=str.casefold)
