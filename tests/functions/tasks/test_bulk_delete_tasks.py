"""POST /api/tasks/bulk-delete: which ids were deleted, and which were not found."""

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
    """Delete tasks by these ids."""
    return call_task_route(call, route, bearer=person.token, owner=person.id, json={"task_ids": ids})


@pytest.mark.parametrize("route", [BULK_DELETE, with_user_id(BULK_DELETE)])
def test_the_given_tasks_are_deleted_and_no_others(call: Api, ann: Person, route: str) -> None:
    tasks = [create_task(call, ann) for _ in range(4)]
    ids = [tasks[index]["id"] for index in (2, 0, 3)]
    response = delete(call, ann, ids, route=route)

    assert (response.status, response.json) == (200, {"deleted": ids, "not_found": []})
    assert list_tasks(call, ann)["tasks"] == [tasks[1]]
    assert call(SUMMARY, bearer=ann.token).json["total"] == 1


def test_each_list_is_in_the_order_of_the_request(call: Api, ann: Person) -> None:
    one, two, three = (create_task(call, ann)["id"] for _ in range(3))
    call_task_route(call, DELETE, bearer=ann.token, task=two)
    missing = [MISSING_ID, *MALFORMED]

    assert delete(call, ann, [three, *missing, two, one]).json == {
        "deleted": [three, one],
        "not_found": [*missing, two],
    }


def test_another_users_tasks_are_not_found(call: Api, cloud: Cloud, bob: Person, task: dict[str, Any]) -> None:
    with tables_unchanged(cloud):
        assert delete(call, bob, [task["id"], MISSING_ID]).json == {
            "deleted": [],
            "not_found": [task["id"], MISSING_ID],
        }


def test_a_repeated_id_is_reported_once(call: Api, ann: Person, task: dict[str, Any]) -> None:
    ids = [task["id"], MISSING_ID, task["id"], MISSING_ID]

    assert delete(call, ann, ids).json == {"deleted": [task["id"]], "not_found": [MISSING_ID]}


def test_other_spellings_of_an_id_are_the_same_task(call: Api, ann: Person) -> None:
    for first in (str, str.upper):
        task = create_task(call, ann)["id"]
        spellings = [first(task), task.upper(), task.replace("-", ""), task]
        assert delete(call, ann, spellings).json == {"deleted": [first(task)], "not_found": []}


def test_a_hundred_tasks_are_deleted_in_one_call(call: Api, ann: Person) -> None:
    response = call_task_route(
        call,
        "POST /api/tasks/bulk",
        bearer=ann.token,
        json={"operations": [{"op": "create", "task": {"title": "x"}}] * 100},
    )
    ids = [result["task"]["id"] for result in response.json["results"]]

    assert delete(call, ann, ids).json == {"deleted": ids, "not_found": []}
    assert list_tasks(call, ann)["tasks"] == []
    assert call(SUMMARY, bearer=ann.token).json["total"] == 0


def test_less_than_one_or_more_than_a_hundred_ids_are_refused(
    call: Api, cloud: Cloud, ann: Person, task: dict[str, Any]
) -> None:
    invalid: list[Any] = [[], [MISSING_ID] * 101, [MISSING_ID] * 5000, MISSING_ID, None, [7], [None], [[MISSING_ID]]]
    bodies = [
        {},
        [task["id"]],
        {"task_ids": [task["id"]], "user_id": MISSING_ID},
        *({"task_ids": ids} for ids in invalid),
    ]

    with tables_unchanged(cloud):
        for body in bodies:
            response = call_task_route(call, BULK_DELETE, bearer=ann.token, json=body)
            assert (response.status, response.code) == (400, "VALIDATION_ERROR"), str(body)[:40]
