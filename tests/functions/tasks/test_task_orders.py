"""Orders of the list: every sort in both directions, ties, and pages."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.calls import Api
from tests.support.layer import layer
from tests.support.people import Person
from tests.support.tasks import BULK, DELETE, PATCH, call_task_route, create_task, list_tasks

TASKS: dict[str, dict[str, Any]] = {  # in the order of creation
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
UPDATED = "cak"  # updated afterwards, in this order
ASCENDING = {
    "created_at": "abcdefghijkl",
    "updated_at": "bdefghijlcak",
    "due_date": "ickdhgbeljaf",  # a day sorts before its times, no date sorts last
    "priority": "aeicgjlbfkdh",
    "title": "kjedbcghafli",  # case-folded, by code points
}
DEFAULT = {"created_at": "desc", "updated_at": "desc", "due_date": "asc", "priority": "desc", "title": "asc"}
DIRECTION = {"asc": 1, "desc": -1}
every_sort = pytest.mark.parametrize("sort", ASCENDING)


@pytest.fixture
def letters(call: Api, ann: Person, advance_clock: Callable[..., None]) -> dict[str, str]:
    """Ann has TASKS, and a deleted one; the letter of each id."""
    found = {}
    for letter, task in TASKS.items():
        advance_clock(seconds=1)
        found[create_task(call, ann, **task)["id"]] = letter
    ids = {letter: name for name, letter in found.items()}
    for letter in UPDATED:
        call_task_route(call, PATCH, bearer=ann.token, task=ids[letter], json={"description": "changed"})
    call_task_route(call, DELETE, bearer=ann.token, task=create_task(call, ann)["id"])
    return found


def pages(call: Api, person: Person, **query: Any) -> list[list[str]]:
    """Return the ids on every page of a list; each page must cost one query."""
    page = list_tasks(call, person, **query)
    found = [page]
    while page["cursor"] is not None:
        page = list_tasks(call, person, **query, cursor=page["cursor"])
        assert call.aws_operations == ["BatchGetItem", "Query"]
        found.append(page)
    return [[task["id"] for task in page["tasks"]] for page in found]


@every_sort
def test_every_sort_has_both_directions(call: Api, ann: Person, letters: dict[str, str], sort: str) -> None:
    def order(**query: str) -> str:
        return "".join(letters[task["id"]] for task in list_tasks(call, ann, sort=sort, **query)["tasks"])

    assert order(order="asc") == ASCENDING[sort]
    assert order(order="desc") == ASCENDING[sort][::-1]
    assert order() == order(order=DEFAULT[sort])


@every_sort
def test_pages_of_any_size_add_up_to_the_list(call: Api, ann: Person, letters: dict[str, str], sort: str) -> None:
    """The last page is not empty."""
    sizes = [("asc", 1, [1] * 12), ("desc", 2, [2] * 6), ("asc", 7, [7, 5]), ("desc", 12, [12])]

    for order, limit, expected in sizes:
        found = pages(call, ann, sort=sort, order=order, limit=limit)
        assert "".join(letters[name] for page in found for name in page) == ASCENDING[sort][:: DIRECTION[order]]
        assert [len(page) for page in found] == expected


def test_equal_keys_lose_no_task_and_repeat_none(call: Api, ann: Person) -> None:
    """Ties are in the order of ids, or of changes."""
    operations = [{"op": "create", "task": {"title": "Same", "due_date": "2026-05-01"}}] * 20
    results = call(BULK, bearer=ann.token, json={"operations": operations}).json["results"]
    ids = [result["task"]["id"] for result in results]

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


def test_the_latest_changes_are_found_among_many_tombstones(call: Api, ann: Person) -> None:
    """Tombstones are in the index of changes, and never on a page."""
    remaining = create_task(call, ann, title="Kept")
    row, now = layer("tasks.table").TombstoneRow, layer("clock").now()
    with row.batch_write() as batch:
        for number in range(300):
            batch.save(row.of(ann.id, str(number), 10**18 + number, now))

    assert list_tasks(call, ann, sort="updated_at") == {"tasks": [remaining], "cursor": None}
    assert list_tasks(call, ann, sort="updated_at", order="asc", limit=1)["tasks"] == [remaining]


def test_long_titles_that_grow_when_case_folded_are_in_order(call: Api, ann: Person) -> None:
    """A key of DynamoDB has up to 1024 bytes; 200 of these letters have 1200 when case-folded."""
    titles = ["ΐ" * 200, "ΐ" * 10 + "a", "\N{CACTUS}" * 200, "ß" * 200]
    for title in titles:
        create_task(call, ann, title=title)

    found = [name for page in pages(call, ann, sort="title", limit=1) for name in page]
    all_tasks = list_tasks(call, ann, sort="title")["tasks"]
    assert [task["id"] for task in all_tasks] == found
    assert [task["title"] for task in all_tasks] == sorted(titles, key=str.casefold)
