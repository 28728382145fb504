"""Creating tasks."""

from typing import Any
from uuid import UUID

import pytest

from tests.support.calls import Api
from tests.support.people import Person
from tests.support.tasks import CREATE, call_task_route, create_task, list_tasks, with_user_id


def test_a_title_is_enough(call: Api, ann: Person) -> None:
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


def test_everything_that_was_given_is_kept(call: Api, ann: Person) -> None:
    given = {"title": "Ä 🌵", "description": "two\nlines ", "priority": "urgent", "due_date": "2026-12-01"}

    assert create_task(call, ann, **given).items() >= given.items()


def test_ids_are_uuids_in_the_order_of_time(call: Api, ann: Person) -> None:
    ids = [create_task(call, ann)["id"] for _ in range(5)]

    assert {UUID(text).version for text in ids} == {7}
    assert ids == sorted(set(ids))


def test_times_have_three_digits_and_a_z(call: Api, ann: Person) -> None:
    """The JavaScript client misreads more."""
    assert create_task(call, ann)["created_at"][19:].startswith(".")
    assert len(create_task(call, ann)["created_at"]) == len("2026-11-21T05:01:18.289Z")


@pytest.mark.parametrize("route", [CREATE, with_user_id(CREATE)])
def test_both_forms_of_the_path_add_to_the_same_list(call: Api, ann: Person, route: str) -> None:
    answer = call_task_route(call, route, bearer=ann.token, owner=ann.id)

    assert answer.status == 201
    assert list_tasks(call, ann)["tasks"] == [answer.json]


def test_fields_are_kept_as_they_came_but_for_blanks_and_case(call: Api, ann: Person) -> None:
    """Titles are trimmed and priorities go out in one case; any day can be due."""
    odd = ["x", "x" * 200, "🌵" * 200, "<script>alert(1)</script>", "a\x00b", "null"]
    wanted: list[tuple[str, Any, Any]] = [
        *(("title", title, title) for title in odd),
        *(("title", " Water \n", "Water"), ("title", " " * 50 + "x" * 200 + " " * 50, "x" * 200)),
        *(("description", text, text) for text in ("", " ", "x" * 1000, "🌵" * 1000)),
        *(("priority", text, text.lower()) for text in ("low", "MEDIUM", "High", "uRgEnT")),
        *(("due_date", day, day) for day in ("0001-01-01", "2024-02-29", "9999-12-31", None)),
    ]
    for field, sent, kept in wanted:
        assert create_task(call, ann, **{field: sent})[field] == kept, (field, sent)


def test_a_new_task_is_not_completed(call: Api, ann: Person) -> None:
    answer = call(CREATE, bearer=ann.token, json={"title": "x", "completed": True})

    assert (answer.status, answer.code) == (400, "VALIDATION_ERROR")


def test_two_alike_are_two(call: Api, ann: Person, task: dict[str, Any]) -> None:
    same = {name: task[name] for name in ("title", "description", "priority", "due_date")}

    assert create_task(call, ann, **same)["id"] != task["id"]
    assert len(list_tasks(call, ann)["tasks"]) == 2
