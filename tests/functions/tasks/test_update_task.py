"""PUT and PATCH /api/tasks/{task_id}: both change the given fields only."""

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
    """Change a task, and return it."""
    response = call_task_route(call, route, bearer=person.token, owner=person.id, task=task["id"], json=fields)
    assert response.status == 200, response.text
    changed: dict[str, Any] = response.json
    assert changed == call_task_route(call, READ, bearer=person.token, task=task["id"]).json
    return changed


@every_route
def test_given_fields_change_and_others_do_not(call: Api, ann: Person, task: dict[str, Any], route: str) -> None:
    expected = task
    for sent, expected_fields in SENT:
        changed = change(call, ann, task, route=route, **sent)
        expected |= expected_fields | {"updated_at": changed["updated_at"], "version": expected["version"] + 1}
        assert changed == expected


def test_a_due_date_of_null_clears_it(call: Api, ann: Person, task: dict[str, Any]) -> None:
    for due_date in (None, None, "2027-01-31"):
        assert change(call, ann, task, due_date=due_date)["due_date"] == due_date


def test_an_empty_update_is_refused(call: Api, cloud: Cloud, ann: Person, task: dict[str, Any]) -> None:
    with tables_unchanged(cloud):
        for route in ROUTES:
            response = call_task_route(call, route, bearer=ann.token, owner=ann.id, task=task["id"], json={})
            assert (response.status, response.code) == (400, "VALIDATION_ERROR"), route


def test_completed_must_be_a_boolean(call: Api, ann: Person, task: dict[str, Any]) -> None:
    invalid: list[Any] = [None, "true", 1, "yes", []]
    for completed in invalid:
        response = call_task_route(call, PATCH, bearer=ann.token, task=task["id"], json={"completed": completed})
        assert (response.status, response.code) == (400, "VALIDATION_ERROR"), completed


def test_an_update_increments_the_version_and_sets_the_time(
    call: Api, ann: Person, task: dict[str, Any], advance_clock: Callable[..., None]
) -> None:
    advance_clock(minutes=5)
    first = change(call, ann, task, title="First")
    second = change(call, ann, task, title="Second")

    assert (first["version"], second["version"]) == (2, 3)
    assert first["updated_at"] > task["updated_at"]
    assert first["created_at"] == task["created_at"]


def test_completing_again_keeps_the_time_and_reopening_clears_it(
    call: Api, ann: Person, task: dict[str, Any], advance_clock: Callable[..., None]
) -> None:
    completed = change(call, ann, task, completed=True)
    advance_clock(minutes=5)
    repeated = change(call, ann, task, completed=True, title="Still done")
    reopened = change(call, ann, task, completed=False)

    assert completed["completed_at"] == completed["updated_at"]
    assert repeated["completed_at"] == completed["completed_at"]
    assert (reopened["completed"], reopened["completed_at"]) == (False, None)


def test_updating_a_missing_task_creates_none(call: Api, cloud: Cloud, ann: Person) -> None:
    response = call_task_route(call, PUT, bearer=ann.token, task=MISSING_ID)

    assert (response.status, response.code) == (404, "NOT_FOUND")
    assert all_rows(cloud)["TasksTable"] == []
