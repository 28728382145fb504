"""POST /api/tasks."""

from typing import Any
from uuid import UUID

import pytest

from tests.support.calls import Api
from tests.support.people import Person
from tests.support.tasks import CREATE, call_task_route, create_task, list_tasks, with_user_id


def test_the_title_is_sufficient(call: Api, ann: Person) -> None:
    task = create_task(call, ann, title="Water the plants")

    assert task == {
        "id": task["id"],
        "title": "Water the plants",
        "description": "",
        "completed": False,
        "completed_at": None,
        "priority": "medium",
        "due_date": None,
        "tags": [],
        "created_at": task["created_at"],
        "updated_at": task["created_at"],
        "version": 1,
    }


def test_all_given_fields_are_stored(call: Api, ann: Person) -> None:
    given = {"title": "Ä 🌵", "description": "two\nlines ", "priority": "urgent", "due_date": "2026-12-01"}

    assert create_task(call, ann, **given).items() >= given.items()


def test_ids_are_uuids_in_the_order_of_creation(call: Api, ann: Person) -> None:
    ids = [create_task(call, ann)["id"] for _ in range(5)]

    assert {UUID(text).version for text in ids} == {7}
    assert ids == sorted(set(ids))


def test_times_are_in_utc_with_milliseconds(call: Api, ann: Person) -> None:
    """The JavaScript client misreads more digits."""
    assert create_task(call, ann)["created_at"][19:].startswith(".")
    assert len(create_task(call, ann)["created_at"]) == len("2026-11-21T05:01:18.289Z")


@pytest.mark.parametrize("route", [CREATE, with_user_id(CREATE)])
def test_both_forms_of_the_path_create_in_the_same_list(call: Api, ann: Person, route: str) -> None:
    response = call_task_route(call, route, bearer=ann.token, owner=ann.id)

    assert response.status == 201
    assert list_tasks(call, ann)["tasks"] == [response.json]


def test_titles_are_trimmed_and_priorities_are_lower_case(call: Api, ann: Person) -> None:
    """Any other text, and any day, is stored as given."""
    titles = ["x", "x" * 200, "🌵" * 200, "<script>alert(1)</script>", "a\x00b", "null"]
    wanted: list[tuple[str, Any, Any]] = [
        *(("title", title, title) for title in titles),
        *(("title", " Water \n", "Water"), ("title", " " * 50 + "x" * 200 + " " * 50, "x" * 200)),
        *(("description", text, text) for text in ("", " ", "x" * 1000, "🌵" * 1000)),
        *(("priority", text, text.lower()) for text in ("low", "MEDIUM", "High", "uRgEnT")),
        *(("due_date", day, day) for day in ("0001-01-01", "2024-02-29", "9999-12-31", None)),
    ]
    for field, sent, stored in wanted:
        assert create_task(call, ann, **{field: sent})[field] == stored, (field, sent)


def test_a_new_task_cannot_be_completed(call: Api, ann: Person) -> None:
    response = call(CREATE, bearer=ann.token, json={"title": "x", "completed": True})

    assert (response.status, response.code) == (400, "VALIDATION_ERROR")


def test_equal_tasks_are_separate_tasks(call: Api, ann: Person, task: dict[str, Any]) -> None:
    same = {name: task[name] for name in ("title", "description", "priority", "due_date")}

    assert create_task(call, ann, **same)["id"] != task["id"]
    assert len(list_tasks(call, ann)["tasks"]) == 2
