"""GET /api/tasks/{task_id}."""

from typing import Any

import pytest

from tests.support.calls import Api
from tests.support.people import Person
from tests.support.tasks import READ, call_task_route, with_user_id


@pytest.mark.parametrize("route", [READ, with_user_id(READ)])
def test_a_task_is_returned_as_created(call: Api, ann: Person, task: dict[str, Any], route: str) -> None:
    response = call_task_route(call, route, bearer=ann.token, owner=ann.id, task=task["id"])

    assert (response.status, response.json) == (200, task)


@pytest.mark.parametrize("spelling", [str.upper, lambda text: text.replace("-", "")])
def test_an_id_is_accepted_in_any_spelling(call: Api, ann: Person, task: dict[str, Any], spelling: Any) -> None:
    assert call_task_route(call, READ, bearer=ann.token, task=spelling(task["id"])).json == task


def test_a_missing_task_is_not_found(call: Api, ann: Person) -> None:
    response = call_task_route(call, READ, bearer=ann.token)

    assert (response.status, response.code) == (404, "NOT_FOUND")


def test_a_task_is_not_cached(call: Api, ann: Person, task: dict[str, Any]) -> None:
    assert call_task_route(call, READ, bearer=ann.token, task=task["id"]).headers["cache-control"] == "no-store"
