"""Listing tasks: page by page, newest first."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.calls import Api
from tests.support.people import Person
from tests.support.tasks import DELETE, LIST, create, listed, long, visit

MANY = 120
REFUSED = [
    "limit=0",
    "limit=101",
    "limit=-1",
    "limit=1000000000",
    "limit=" + "9" * 5000,
    "limit=x",
    "limit=",
    "limit=1.5",
    "limit=1e1",
    "limit=true",
    "limit=1&limit=2",
    "limit=2&limit=2",
    "cursor=",
    "cursor=x",
    "cursor=eyJpZCI6MX0=",
    "cursor=" + "x" * 5000,
    "cursor=%00",
    "cursor=%FF",
    "cursor=a&cursor=b",
    "user_id=someone",
    "limit=1&page=2",
    "search=x",
]


def pages(call: Api, person: Person, **query: Any) -> Iterator[list[dict[str, Any]]]:
    """Every page of a person's list, by its cursors."""
    page = listed(call, person, **query)
    yield page["tasks"]
    while page["cursor"] is not None:
        page = listed(call, person, **query | {"cursor": page["cursor"]})
        yield page["tasks"]


def test_nobody_begins_with_tasks(call: Api, ann: Person) -> None:
    assert listed(call, ann) == {"tasks": [], "cursor": None}


@pytest.mark.parametrize("route", [LIST, long(LIST)])
def test_tasks_are_whole_and_the_newest_comes_first(call: Api, ann: Person, route: str) -> None:
    made = [create(call, ann, title=f"Task {number}", due_date="2026-12-01") for number in range(3)]
    answer = visit(call, route, bearer=ann.token, owner=ann.id)

    assert answer.status == 200
    assert answer.json == {"tasks": made[::-1], "cursor": None}


def test_pages_lose_none_and_double_none(call: Api, ann: Person, bob: Person) -> None:
    ids = [create(call, ann)["id"] for _ in range(MANY)]
    create(call, bob)

    for query, sizes in (
        ({}, [50, 50, 20]),
        ({"limit": 100}, [100, 20]),
        ({"limit": 7}, [7] * 17 + [1]),
        ({"limit": 60}, [60, 60]),
    ):
        found = list(pages(call, ann, **query))
        assert [len(page) for page in found if page] == sizes  # DynamoDB may add an empty one after a full one
        assert [task["id"] for page in found for task in page] == ids[::-1]


def test_a_cursor_holds_while_the_list_changes(call: Api, ann: Person) -> None:
    """What was made meanwhile is on an earlier page; what was deleted is missing; nothing comes twice."""
    ids = [create(call, ann)["id"] for _ in range(6)]
    first = listed(call, ann, limit=3)
    create(call, ann)
    visit(call, DELETE, bearer=ann.token, task=first["tasks"][-1]["id"])
    visit(call, DELETE, bearer=ann.token, task=ids[1])
    rest = listed(call, ann, limit=3, cursor=first["cursor"])

    assert [task["id"] for task in rest["tasks"]] == [ids[2], ids[0]]


@pytest.mark.parametrize("limit", [1, 100])
def test_a_page_has_between_one_and_a_hundred(call: Api, ann: Person, limit: int) -> None:
    create(call, ann)
    create(call, ann)

    assert len(listed(call, ann, limit=limit)["tasks"]) == min(limit, 2)


def test_a_query_that_cannot_be_is_refused(call: Api, ann: Person) -> None:
    accepted = []
    for query in REFUSED:
        answer = call(LIST, bearer=ann.token, query=query)
        if answer.status < 400:
            accepted.append(query)
            continue
        assert (answer.status, answer.code) == (400, "VALIDATION_ERROR"), answer.text
        assert set(answer.json) <= {"code", "message", "details", "requestId"}
        assert call.calls == ["BatchGetItem"]

    assert accepted == []


def test_a_cursor_of_somebody_else_never_shows_their_tasks(call: Api, ann: Person, bob: Person) -> None:
    for _ in range(3):
        create(call, bob)
    mine = create(call, ann)
    cursor = listed(call, bob, limit=1)["cursor"]
    answer = call(LIST, bearer=ann.token, query={"cursor": cursor})

    assert answer.code == "VALIDATION_ERROR" or {task["id"] for task in answer.json["tasks"]} <= {mine["id"]}


def test_a_query_with_a_body_is_still_a_query(call: Api, ann: Person) -> None:
    answer = call(LIST, bearer=ann.token, body="{", headers={"content-type": "application/json"})

    assert answer.status == 200
