"""Changing tasks: PUT and PATCH are the same, and both leave what was not sent."""

from collections.abc import Callable
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.calls import Api
from tests.support.people import Person
from tests.support.tables import all_rows, tables_unchanged
from tests.support.tasks import MISSING_ID, PATCH, PUT, READ, call_task_route, with_user_id

ROUTES = (PUT, PATCH, with_user_id(PUT), with_user_id(PATCH))
SENT: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"title": " New "}, {"title": "New"}),
    ({"description": ""}, {"description": ""}),
    ({"priority": "LOW"}, {"priority": "low"}),
    ({"due_date": "2027-01-31"}, {"due_date": "2027-01-31"}),
    ({"title": "Newer", "priority": "urgent"}, {"title": "Newer", "priority": "urgent"}),
    ({"completed": False}, {"completed": False}),
]
every_route = pytest.mark.parametrize("route", ROUTES)


def change(call: Api, person: Person, task: dict[str, Any], *, route: str = PATCH, **fields: Any) -> dict[str, Any]:
    """Change a task; what became of it."""
    answer = call_task_route(call, route, bearer=person.token, owner=person.id, task=task["id"], json=fields)
    assert answer.status == 200, answer.text
    changed: dict[str, Any] = answer.json
    assert changed == call_task_route(call, READ, bearer=person.token, task=task["id"]).json
    return changed


@every_route
def test_what_is_sent_changes_and_the_rest_stays(call: Api, ann: Person, task: dict[str, Any], route: str) -> None:
    expected = task
    for sent, kept in SENT:
        changed = change(call, ann, task, route=route, **sent)
        expected |= kept | {"updated_at": changed["updated_at"], "version": expected["version"] + 1}
        assert changed == expected


def test_a_due_date_of_null_clears_it(call: Api, ann: Person, task: dict[str, Any]) -> None:
    for due_date in (None, None, "2027-01-31"):
        assert change(call, ann, task, due_date=due_date)["due_date"] == due_date


def test_nothing_to_change_is_refused(call: Api, cloud: Cloud, ann: Person, task: dict[str, Any]) -> None:
    with tables_unchanged(cloud):
        for route in ROUTES:
            answer = call_task_route(call, route, bearer=ann.token, owner=ann.id, task=task["id"], json={})
            assert (answer.status, answer.code) == (400, "VALIDATION_ERROR"), route


def test_completed_is_true_or_false(call: Api, ann: Person, task: dict[str, Any]) -> None:
    wrong: list[Any] = [None, "true", 1, "yes", []]
    for completed in wrong:
        answer = call_task_route(call, PATCH, bearer=ann.token, task=task["id"], json={"completed": completed})
        assert (answer.status, answer.code) == (400, "VALIDATION_ERROR"), completed


def test_the_version_counts_and_the_time_moves(
    call: Api, ann: Person, task: dict[str, Any], advance_clock: Callable[..., None]
) -> None:
    advance_clock(minutes=5)
    first = change(call, ann, task, title="First")
    second = change(call, ann, task, title="Second")

    assert (first["version"], second["version"]) == (2, 3)
    assert first["updated_at"] > task["updated_at"]
    assert first["created_at"] == task["created_at"]


def test_completing_keeps_the_moment_until_it_is_undone(
    call: Api, ann: Person, task: dict[str, Any], advance_clock: Callable[..., None]
) -> None:
    completed = change(call, ann, task, completed=True)
    advance_clock(minutes=5)
    again = change(call, ann, task, completed=True, title="Still done")
    undone = change(call, ann, task, completed=False)

    assert completed["completed_at"] == completed["updated_at"]
    assert again["completed_at"] == completed["completed_at"]
    assert (undone["completed"], undone["completed_at"]) == (False, None)


def test_changing_a_missing_task_makes_none(call: Api, cloud: Cloud, ann: Person) -> None:
    answer = call_task_route(call, PUT, bearer=ann.token, task=MISSING_ID)

    assert (answer.status, answer.code) == (404, "NOT_FOUND")
    assert all_rows(cloud)["TasksTable"] == []
