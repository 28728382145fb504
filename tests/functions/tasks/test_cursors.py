"""Cursors of the list: each is valid for one user and one query, and any other value is refused."""

from base64 import urlsafe_b64decode
from string import ascii_letters, digits
from typing import Any

import pytest

from tests.support.calls import Api, Response
from tests.support.layer import layer
from tests.support.people import People, Person
from tests.support.slow import some_and_all
from tests.support.tasks import CHANGES, DELETE, EXPORT, LIST, call_task_route, create_task, list_tasks, with_user_id

ALPHABET = ascii_letters + digits + "-_"
TITLES = ["one", "two", "four", "zero"]
QUERY: dict[str, Any] = {
    "status": "active",
    "priority": "medium",
    "tag": "home",
    "due_before": "2026-06-01",
    "due_after": "2026-05-01",
    "updated_since": "2026-01-01T00:00:00Z",
    "search": "o",
    "sort": "due_date",
    "order": "asc",
}
OTHER_QUERY = {
    "status": "all",
    "priority": "high",
    "tag": "work",
    "due_before": "2026-06-02",
    "due_after": "2026-04-30",
    "updated_since": "2026-01-01T00:00:00.001Z",
    "search": "e",
    "sort": "title",
    "order": "desc",
}


@pytest.fixture
def tasks(call: Api, ann: Person) -> list[dict[str, Any]]:
    """Four tasks of Ann's that match QUERY, oldest first."""
    return [create_task(call, ann, title=title, tags=["home"], due_date="2026-05-02") for title in TITLES]


@pytest.fixture
def cursor(call: Api, ann: Person, tasks: list[dict[str, Any]]) -> str:
    """Ann's cursor after her newest task."""
    assert tasks
    return str(list_tasks(call, ann, limit=1)["cursor"])


def read_page(call: Api, person: Person, cursor: str, **query: Any) -> Response:
    """Read the page at a cursor."""
    return call(LIST, bearer=person.token, query={"cursor": cursor, **query})


def assert_refused(response: Response) -> None:
    """Assert the refusal of a cursor that was not issued for this list."""
    assert (response.status, response.code) == (400, "VALIDATION_ERROR"), response.text
    assert response.json["message"].startswith("[query.cursor] ")
    assert not any(title in response.text for title in TITLES)


def test_a_cursor_is_url_safe_and_contains_no_user_id(cursor: str, ann: Person) -> None:
    assert set(cursor) <= set(ALPHABET)
    assert ann.id.encode() not in urlsafe_b64decode(cursor + "==")


@some_and_all("indexes", slice(0, None, 5), slice(None))
def test_a_cursor_with_a_changed_removed_or_added_character_is_refused(
    call: Api, ann: Person, cursor: str, indexes: slice
) -> None:
    for index, character in list(enumerate(cursor))[indexes]:
        other = ALPHABET[(ALPHABET.index(character) + 1) % len(ALPHABET)]
        assert_refused(read_page(call, ann, cursor[:index] + other + cursor[index + 1 :]))
    for end in (0, 1, 4, 21, 22, 23, len(cursor) // 2, len(cursor) - 4, len(cursor) - 1):
        assert_refused(read_page(call, ann, cursor[:end]))
    for more in ("A", "AAAA", "=", "==", "!", ".", " ", "\n", "\0", "é", cursor):
        assert_refused(read_page(call, ann, cursor + more))
        assert_refused(read_page(call, ann, cursor[:9] + more + cursor[9:]))


def test_only_the_canonical_base64_is_accepted(call: Api, ann: Person, cursor: str) -> None:
    """Base64 has several spellings of the same bytes."""
    decode = layer("cursors").decode_cursor
    key, question = b"key", "question"
    for position in ("", "x", "xy", ["1", "2"]):
        text = layer("cursors").encode_cursor(key, question, position)
        assert decode(key, question, text) == position
        for last in set(ALPHABET) - {text[-1]}:
            with pytest.raises(layer("errors").InvalidInput):
                decode(key, question, text[:-1] + last)
    assert read_page(call, ann, cursor).status == 200


def test_a_cursor_is_bound_to_its_user(call: Api, ann: Person, bob: Person, cursor: str) -> None:
    create_task(call, bob)

    assert_refused(read_page(call, bob, cursor))
    assert read_page(call, ann, cursor).status == 200


def test_a_cursor_is_valid_in_every_session_of_its_user(call: Api, people: People, ann: Person, cursor: str) -> None:
    again = people.sign_in(ann.email)

    assert read_page(call, again, cursor).json == read_page(call, ann, cursor).json


def test_a_cursor_is_bound_to_its_query(call: Api, ann: Person, tasks: list[dict[str, Any]]) -> None:
    """To each parameter but the limit."""
    first = list_tasks(call, ann, **QUERY, limit=1)
    assert first["tasks"] == tasks[:1]

    for name, value in OTHER_QUERY.items():
        assert_refused(read_page(call, ann, first["cursor"], **QUERY | {name: value}))
        without = read_page(call, ann, first["cursor"], **{other: QUERY[other] for other in QUERY if other != name})
        assert without.status == (200 if name == "order" else 400)  # the given order is the default
    for limit in (1, 2, 100):
        assert read_page(call, ann, first["cursor"], **QUERY, limit=limit).json["tasks"] == tasks[1 : 1 + limit]


def test_equivalent_parameters_are_the_same_query(call: Api, ann: Person, tasks: list[dict[str, Any]]) -> None:
    first = list_tasks(call, ann, **QUERY, limit=1)
    same = {"priority": "MEDIUM", "tag": " Home", "search": "o ", "updated_since": "2026-01-01T01:00:00.0+01:00"}

    assert read_page(call, ann, first["cursor"], **QUERY | same).json["tasks"] == tasks[1:]


def test_a_cursor_is_valid_for_both_forms_of_the_path(call: Api, ann: Person, cursor: str) -> None:
    response = call_task_route(call, with_user_id(LIST), bearer=ann.token, owner=ann.id, query={"cursor": cursor})

    assert response.json == read_page(call, ann, cursor).json


def test_cursors_of_other_routes_are_refused(
    call: Api, ann: Person, cursor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layer("tasks.exporting"), "_PAGE_SIZE", 1)
    export = call(EXPORT, bearer=ann.token, query={"format": "json"}).json["cursor"]
    token = call(CHANGES, bearer=ann.token, query={"limit": 1}).json["token"]

    for other in (export, token):
        assert_refused(read_page(call, ann, other))
    assert call(EXPORT, bearer=ann.token, query={"format": "json", "cursor": cursor}).status == 400
    assert call(CHANGES, bearer=ann.token, query={"since": cursor}).status == 400


@pytest.mark.parametrize("sort", ["created_at", "due_date", "priority", "updated_at", "title"])
def test_a_cursor_stays_valid_when_its_task_is_deleted(
    call: Api, ann: Person, tasks: list[dict[str, Any]], sort: str
) -> None:
    """No task is lost or repeated when the last task of a page, or all before it, are deleted."""
    all_tasks = list_tasks(call, ann, sort=sort)["tasks"]
    assert len(all_tasks) == len(tasks)
    first = list_tasks(call, ann, sort=sort, limit=2)
    for task in reversed(first["tasks"]):
        call_task_route(call, DELETE, bearer=ann.token, task=task["id"])
        assert read_page(call, ann, first["cursor"], sort=sort).json["tasks"] == all_tasks[2:]


def test_a_cursor_can_hold_any_title(call: Api, ann: Person) -> None:
    titles = ["\x00" * 200, '"' * 200, "ΐ" * 200, "\N{CACTUS}" * 200, "a\x1fb", "\\n"]
    ids = {create_task(call, ann, title=title)["id"] for title in titles for _ in range(2)}
    pages = [list_tasks(call, ann, sort="title", limit=1)]
    while pages[-1]["cursor"]:
        pages.append(read_page(call, ann, pages[-1]["cursor"], sort="title", limit=1).json)

    assert [len(page["tasks"]) for page in pages] == [1] * 12
    assert {task["id"] for page in pages for task in page["tasks"]} == ids
