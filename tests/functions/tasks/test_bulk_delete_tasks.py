"""Deleting many tasks in one call: which went, and which were not there."""

from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.calls import Api, Response
from tests.support.people import Person
from tests.support.tables import tables_unchanged
from tests.support.tasks import (
    BULK_DELETE,
    DELETE,
    MISSING_ID,
    SUMMARY,
    call_task_route,
    create_task,
    list_tasks,
    with_user_id,
)

MALFORMED = ["", "x", "x" * 5000, "é", "null", MISSING_ID + "0", "#SUMMARY", "#GONE#" + MISSING_ID, " ", "\x00"]


def delete(call: Api, person: Person, ids: Any, *, route: str = BULK_DELETE) -> Response:
    """One call for these ids."""
    return call_task_route(call, route, bearer=person.token, owner=person.id, json={"task_ids": ids})


@pytest.mark.parametrize("route", [BULK_DELETE, with_user_id(BULK_DELETE)])
def test_what_was_named_goes_and_the_rest_stays(call: Api, ann: Person, route: str) -> None:
    tasks = [create_task(call, ann) for _ in range(4)]
    ids = [tasks[place]["id"] for place in (2, 0, 3)]
    answer = delete(call, ann, ids, route=route)

    assert (answer.status, answer.json) == (200, {"deleted": ids, "not_found": []})
    assert list_tasks(call, ann)["tasks"] == [tasks[1]]
    assert call(SUMMARY, bearer=ann.token).json["total"] == 1


def test_each_list_is_in_the_order_that_was_asked(call: Api, ann: Person) -> None:
    one, two, three = (create_task(call, ann)["id"] for _ in range(3))
    call_task_route(call, DELETE, bearer=ann.token, task=two)
    missing = [MISSING_ID, *MALFORMED]

    assert delete(call, ann, [three, *missing, two, one]).json == {
        "deleted": [three, one],
        "not_found": [*missing, two],
    }


def test_tasks_of_another_are_not_found_and_stay(call: Api, cloud: Cloud, bob: Person, task: dict[str, Any]) -> None:
    with tables_unchanged(cloud):
        assert delete(call, bob, [task["id"], MISSING_ID]).json == {
            "deleted": [],
            "not_found": [task["id"], MISSING_ID],
        }


def test_an_id_that_comes_twice_is_answered_once(call: Api, ann: Person, task: dict[str, Any]) -> None:
    ids = [task["id"], MISSING_ID, task["id"], MISSING_ID]

    assert delete(call, ann, ids).json == {"deleted": [task["id"]], "not_found": [MISSING_ID]}


def test_an_id_in_another_spelling_is_the_same(call: Api, ann: Person) -> None:
    for first in (str, str.upper):
        task = create_task(call, ann)["id"]
        spellings = [first(task), task.upper(), task.replace("-", ""), task]
        assert delete(call, ann, spellings).json == {"deleted": [first(task)], "not_found": []}


def test_a_hundred_go_at_once(call: Api, ann: Person) -> None:
    answer = call_task_route(
        call,
        "POST /api/tasks/bulk",
        bearer=ann.token,
        json={"operations": [{"op": "create", "task": {"title": "x"}}] * 100},
    )
    ids = [result["task"]["id"] for result in answer.json["results"]]

    assert delete(call, ann, ids).json == {"deleted": ids, "not_found": []}
    assert list_tasks(call, ann)["tasks"] == []
    assert call(SUMMARY, bearer=ann.token).json["total"] == 0


def test_anything_but_one_to_a_hundred_ids_is_refused(
    call: Api, cloud: Cloud, ann: Person, task: dict[str, Any]
) -> None:
    wrong: list[Any] = [[], [MISSING_ID] * 101, [MISSING_ID] * 5000, MISSING_ID, None, [7], [None], [[MISSING_ID]]]
    bodies = [
        {},
        [task["id"]],
        {"task_ids": [task["id"]], "user_id": MISSING_ID},
        *({"task_ids": ids} for ids in wrong),
    ]

    with tables_unchanged(cloud):
        for body in bodies:
            answer = call_task_route(call, BULK_DELETE, bearer=ann.token, json=body)
            assert (answer.status, answer.code) == (400, "VALIDATION_ERROR"), str(body)[:40]
