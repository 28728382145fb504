"""DELETE /api/tasks/{task_id}."""

from typing import Any

import pytest

from tests.support.calls import Api
from tests.support.people import Person
from tests.support.tasks import DELETE, ONE_TASK_ROUTES, call_task_route, create_task, list_tasks, with_user_id


@pytest.mark.parametrize("route", [DELETE, with_user_id(DELETE)])
def test_a_deleted_task_is_not_listed_and_others_are(call: Api, ann: Person, task: dict[str, Any], route: str) -> None:
    other = create_task(call, ann)
    response = call_task_route(call, route, bearer=ann.token, owner=ann.id, task=task["id"])

    assert (response.status, response.text) == (204, "")
    assert list_tasks(call, ann)["tasks"] == [other]


def test_a_deleted_task_is_not_found(call: Api, ann: Person, task: dict[str, Any]) -> None:
    call_task_route(call, DELETE, bearer=ann.token, task=task["id"])

    for route in ONE_TASK_ROUTES:
        response = call_task_route(call, route, bearer=ann.token, task=task["id"])
        assert (response.status, response.code) == (404, "NOT_FOUND"), route


def test_a_missing_task_is_not_found(call: Api, ann: Person) -> None:
    assert call_task_route(call, DELETE, bearer=ann.token).status == 404
