"""PATCH /api/tasks/{task_id}/complete: sets the state, or toggles it."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.calls import Api
from tests.support.people import Person
from tests.support.tasks import COMPLETE, READ, call_task_route, with_user_id

every_route = pytest.mark.parametrize("route", [COMPLETE, with_user_id(COMPLETE)])


def complete(call: Api, person: Person, task: dict[str, Any], *, route: str = COMPLETE, **request: Any) -> Any:
    """Complete a task, or send `request`, and return the changed task."""
    response = call_task_route(call, route, bearer=person.token, owner=person.id, task=task["id"], **request)
    assert response.status == 200, response.text
    assert response.json == call_task_route(call, READ, bearer=person.token, task=task["id"]).json
    return response.json


@every_route
def test_a_given_state_is_set(call: Api, ann: Person, task: dict[str, Any], route: str) -> None:
    done = complete(call, ann, task, route=route, json={"completed": True})
    undone = complete(call, ann, task, route=route, json={"completed": False})

    assert done == task | {
        "completed": True,
        "completed_at": done["updated_at"],
        "updated_at": done["updated_at"],
        "version": 2,
    }
    assert undone == task | {"updated_at": undone["updated_at"], "version": 3}


@every_route
def test_without_a_state_the_task_is_toggled(call: Api, ann: Person, task: dict[str, Any], route: str) -> None:
    nothing: list[dict[str, Any]] = [{"body": None}, {"json": {}}, {"json": {"completed": None}}]
    toggled = [complete(call, ann, task, route=route, **request) for request in nothing * 2]

    assert [state["completed"] for state in toggled] == [True, False] * 3
    assert [state["completed_at"] is None for state in toggled] == [False, True] * 3


def test_completing_twice_keeps_the_first_time_and_reopening_clears_it(
    call: Api, ann: Person, task: dict[str, Any], advance_clock: Callable[..., None]
) -> None:
    first = complete(call, ann, task)
    advance_clock(hours=1)
    assert complete(call, ann, task)["completed_at"] == first["completed_at"]

    complete(call, ann, task, json={"completed": False})
    assert complete(call, ann, task)["completed_at"] > first["completed_at"]


def test_an_invalid_body_is_refused_and_changes_nothing(call: Api, ann: Person, task: dict[str, Any]) -> None:
    invalid: list[Any] = [{"completed": "true"}, {"completed": 1}, {"completed": []}, {"done": True}]
    for body in [*invalid, {"completed": True, "title": "x"}]:
        response = call_task_route(call, COMPLETE, bearer=ann.token, task=task["id"], json=body)
        assert (response.status, response.code) == (400, "VALIDATION_ERROR"), body
    assert call_task_route(call, READ, bearer=ann.token, task=task["id"]).json == task


def test_a_missing_task_is_not_found(call: Api, ann: Person) -> None:
    responses = [
        call_task_route(call, COMPLETE, bearer=ann.token),
        call_task_route(call, COMPLETE, bearer=ann.token, body=None),
    ]

    assert [(response.status, response.code) for response in responses] == [(404, "NOT_FOUND")] * 2
