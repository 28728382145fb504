"""Due dates and tags: accepted values, their stored form, and refusals by the field's name."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.support.calls import Api
from tests.support.people import Person
from tests.support.tasks import BULK, CREATE, PATCH, READ, call_task_route, create_task, list_tasks

DUE = {
    "2026-11-21": "2026-11-21",
    "0001-01-01": "0001-01-01",
    "9999-12-31": "9999-12-31",
    "2024-02-29": "2024-02-29",
    "2026-11-21T14:30Z": "2026-11-21T14:30:00.000Z",
    "2026-11-21t14:30:05z": "2026-11-21T14:30:05.000Z",
    "2026-11-21 14:30:05.1Z": "2026-11-21T14:30:05.100Z",
    "2026-11-21T14:30:05.123999999Z": "2026-11-21T14:30:05.123Z",
    "2026-11-21T14:30:05+01:00": "2026-11-21T13:30:05.000Z",
    "2026-11-21T00:30:00+05:45": "2026-11-20T18:45:00.000Z",
    "0001-01-01T00:00:00Z": "0001-01-01T00:00:00.000Z",
    "9999-12-31T23:59:59.999999Z": "9999-12-31T23:59:59.999Z",
}
INVALID_DUE: list[Any] = [
    *("", " ", "soon", "2026-02-29", "0000-01-01", "10000-01-01", "20261121", "2026-11-21T14:30", "2026-11-21T24:00Z"),
    *("0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "2026-11-21T14:30:05+24:00", "2026-W47-6", "null"),
    *(1777600000, 0, 1.5, True, False, [], ["2026-11-21"], {}, {"date": "2026-11-21"}),
]
TAGS: list[tuple[list[str], list[str]]] = [
    ([], []),
    (["home"], ["home"]),
    ([" Home\t", "WORK"], ["home", "work"]),
    (["b", "a", "B", " b ", "a"], ["b", "a"]),  # in the order in which they came
    (["ÄRGER", "ärger", "日本", "🌵", "a-b_c.d/e:f#"], ["ärger", "日本", "🌵", "a-b_c.d/e:f#"]),
    ([str(number) for number in range(20)], [str(number) for number in range(20)]),
    (["x" * 500], ["x" * 500]),
    (["x" * 499, "🌵"], ["x" * 499, "🌵"]),
    ([f"{number:025}" for number in range(20)], [f"{number:025}" for number in range(20)]),
    (["  " + "x" * 500 + "  "], ["x" * 500]),
]
INVALID_TAGS: list[Any] = [
    *([""], [" "], ["a", ""], ["two words"], ["a\tb"], ["a\nb"], ["a\u00a0b"], ["a\u2003b"]),
    *(["x" * 501], ["x" * 250, "y" * 251], [str(number) for number in range(21)], ["a"] * 21),
    *(None, "home", "a,b", 1, {}, {"a": 1}, [1], [None], [["a"]], [True], {"0": "a"}),
]


def stored(call: Api, person: Person, field: str, values: Sequence[Any]) -> list[Any]:
    """Create a task for each value of a field, and return the stored values; responses and list must agree."""
    operations = [{"op": "create", "task": {"title": "x", field: value}} for value in values]
    results = call(BULK, bearer=person.token, json={"operations": operations}).json["results"]
    assert {result["status"] for result in results} == {201}, results
    read = {task["id"]: task for task in list_tasks(call, person, limit=100)["tasks"]}
    assert all(read[result["task"]["id"]] == result["task"] for result in results)
    return [result["task"][field] for result in results]


def assert_refused(call: Api, person: Person, field: str, values: Sequence[Any]) -> None:
    """Assert that each value is refused with the field's name, and that an existing task does not change."""
    task = create_task(call, person, due_date="2026-05-01", tags=["old"])
    for value in values:
        for route in (CREATE, PATCH):
            response = call_task_route(
                call, route, bearer=person.token, task=task["id"], json={"title": "x", field: value}
            )
            assert (response.status, response.code) == (400, "VALIDATION_ERROR"), value
            assert {detail["field"].split(".")[1] for detail in response.json["details"]} == {field}
    assert list_tasks(call, person)["tasks"] == [task]


def test_due_dates_are_normalized(call: Api, ann: Person) -> None:
    assert stored(call, ann, "due_date", list(DUE)) == list(DUE.values())
    assert stored(call, ann, "due_date", [*DUE.values(), None]) == [*DUE.values(), None]


def test_an_invalid_due_date_is_refused(call: Api, ann: Person) -> None:
    assert_refused(call, ann, "due_date", INVALID_DUE)


def test_tags_are_trimmed_lower_cased_and_deduplicated(call: Api, ann: Person) -> None:
    assert stored(call, ann, "tags", [given for given, _ in TAGS]) == [tags for _, tags in TAGS]


def test_invalid_tags_are_refused(call: Api, ann: Person) -> None:
    """At most twenty, at most 500 characters in all, each without spaces."""
    assert_refused(call, ann, "tags", INVALID_TAGS)


@pytest.mark.parametrize(
    ("field", "limit"),
    [
        ({"tags": ["x" * 501]}, "500"),
        ({"tags": ["a"] * 21}, "20"),
        ({"title": "x" * 201}, "200"),
        ({"description": "x" * 1001}, "1000"),
    ],
    ids=str,
)
def test_the_error_names_the_limit(call: Api, ann: Person, field: dict[str, Any], limit: str) -> None:
    response = call(CREATE, bearer=ann.token, json={"title": "x"} | field)

    assert limit in response.json["details"][0]["message"]


def test_an_update_replaces_all_tags_or_none(call: Api, ann: Person) -> None:
    task = create_task(call, ann, tags=["a", "b"])["id"]
    bodies: list[dict[str, Any]] = [{"title": "y"}, {"tags": ["C"]}, {"tags": []}]
    after = [call_task_route(call, PATCH, bearer=ann.token, task=task, json=body).json["tags"] for body in bodies]

    assert after == [["a", "b"], ["c"], []]
    assert call_task_route(call, READ, bearer=ann.token, task=task).json["tags"] == []


def test_a_task_is_found_by_each_of_its_tags(call: Api, ann: Person) -> None:
    tags = ["Home", "ÄRGER", "🌵", "a&b=c+d%", "x" * 100]
    task = create_task(call, ann, tags=tags)

    for tag in tags:
        assert list_tasks(call, ann, tag=tag)["tasks"] == [task]
