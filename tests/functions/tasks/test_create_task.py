"""Creating tasks."""

from typing import Any
from uuid import UUID

import pytest

from tests.support.calls import Api
from tests.support.people import Person
from tests.support.tasks import CREATE, create, listed, long, visit

TIMES = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


def test_a_title_is_enough(call: Api, ann: Person) -> None:
    task = create(call, ann, title="Water the plants")

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

    assert create(call, ann, **given).items() >= given.items()


def test_ids_are_uuids_in_the_order_of_time(call: Api, ann: Person) -> None:
    ids = [create(call, ann)["id"] for _ in range(5)]

    assert {UUID(text).version for text in ids} == {7}
    assert ids == sorted(set(ids))


def test_times_have_three_digits_and_a_z(call: Api, ann: Person) -> None:
    """The JavaScript client misreads more."""
    assert create(call, ann)["created_at"][19:].startswith(".")
    assert len(create(call, ann)["created_at"]) == len("2026-11-21T05:01:18.289Z")


@pytest.mark.parametrize("route", [CREATE, long(CREATE)])
def test_both_forms_of_the_path_add_to_the_same_list(call: Api, ann: Person, route: str) -> None:
    answer = visit(call, route, bearer=ann.token, owner=ann.id)

    assert answer.status == 201
    assert listed(call, ann)["tasks"] == [answer.json]


@pytest.mark.parametrize(
    ("title", "kept"),
    [
        (" Water \n", "Water"),
        ("x", "x"),
        ("x" * 200, "x" * 200),
        (" " * 50 + "x" * 200 + " " * 50, "x" * 200),
        ("🌵" * 200, "🌵" * 200),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("a\x00b", "a\x00b"),
        ("null", "null"),
    ],
)
def test_titles_are_trimmed_and_else_kept(call: Api, ann: Person, title: str, kept: str) -> None:
    assert create(call, ann, title=title)["title"] == kept


@pytest.mark.parametrize("description", ["", " ", "x" * 1000, "🌵" * 1000])
def test_descriptions_are_kept_as_they_are(call: Api, ann: Person, description: str) -> None:
    assert create(call, ann, description=description)["description"] == description


@pytest.mark.parametrize("priority", ["low", "MEDIUM", "High", "uRgEnT"])
def test_priorities_come_in_any_case_and_go_out_in_one(call: Api, ann: Person, priority: str) -> None:
    assert create(call, ann, priority=priority)["priority"] == priority.lower()


@pytest.mark.parametrize("due", ["0001-01-01", "2024-02-29", "9999-12-31", None])
def test_any_day_can_be_due(call: Api, ann: Person, due: str | None) -> None:
    assert create(call, ann, due_date=due)["due_date"] == due


def test_a_new_task_is_not_completed(call: Api, ann: Person) -> None:
    answer = call(CREATE, bearer=ann.token, json={"title": "x", "completed": True})

    assert (answer.status, answer.code) == (400, "VALIDATION_ERROR")


def test_two_alike_are_two(call: Api, ann: Person, task: dict[str, Any]) -> None:
    same = {name: task[name] for name in ("title", "description", "priority", "due_date")}

    assert create(call, ann, **same)["id"] != task["id"]
    assert len(listed(call, ann)["tasks"]) == 2
