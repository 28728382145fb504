"""Deleting tasks."""

from typing import Any

import pytest

from tests.support.calls import Api
from tests.support.people import Person
from tests.support.tasks import DELETE, ONE_TASK_ROUTES, call_task_route, create_task, list_tasks, with_user_id


@pytest.mark.parametrize("route", [DELETE, with_user_id(DELETE)])
def test_a_deleted_task_is_gone_and_the_others_stay(call: Api, ann: Person, task: dict[str, Any], route: str) -> None:
    other = create_task(call, ann)
    answer = call_task_route(call, route, bearer=ann.token, owner=ann.id, task=task["id"])

    assert (answer.status, answer.text) == (204, "")
    assert list_tasks(call, ann)["tasks"] == [other]


def test_nothing_finds_it_afterwards(call: Api, ann: Person, task: dict[str, Any]) -> None:
    call_task_route(call, DELETE, bearer=ann.token, task=task["id"])

    for route in ONE_TASK_ROUTES:
        answer = call_task_route(call, route, bearer=ann.token, task=task["id"])
        assert (answer.status, answer.code) == (404, "NOT_FOUND"), route


def test_a_missing_task_cannot_be_deleted(call: Api, ann: Person) -> None:
    assert call_task_route(call, DELETE, bearer=ann.token).status == 404
