"""Reading one task."""

from typing import Any

import pytest

from tests.support.calls import Api
from tests.support.people import Person
from tests.support.tasks import READ, call_task_route, with_user_id


@pytest.mark.parametrize("route", [READ, with_user_id(READ)])
def test_a_task_reads_as_it_was_made(call: Api, ann: Person, task: dict[str, Any], route: str) -> None:
    answer = call_task_route(call, route, bearer=ann.token, owner=ann.id, task=task["id"])

    assert (answer.status, answer.json) == (200, task)


@pytest.mark.parametrize("spelling", [str.upper, lambda text: text.replace("-", "")])
def test_an_id_is_known_in_any_spelling(call: Api, ann: Person, task: dict[str, Any], spelling: Any) -> None:
    assert call_task_route(call, READ, bearer=ann.token, task=spelling(task["id"])).json == task


def test_a_missing_task_is_not_found(call: Api, ann: Person) -> None:
    answer = call_task_route(call, READ, bearer=ann.token)

    assert (answer.status, answer.code) == (404, "NOT_FOUND")


def test_nobody_caches_a_task(call: Api, ann: Person, task: dict[str, Any]) -> None:
    assert call_task_route(call, READ, bearer=ann.token, task=task["id"]).headers["cache-control"] == "no-store"
