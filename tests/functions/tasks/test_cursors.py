"""Cursors: where a list goes on, for one person and one question; whatever else is sent as one is refused."""

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
ASKED: dict[str, Any] = {
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
OTHERWISE = {
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
    """Four tasks of Ann's that fit what is ASKED, oldest first."""
    return [create_task(call, ann, title=title, tags=["home"], due_date="2026-05-02") for title in TITLES]


@pytest.fixture
def cursor(call: Api, ann: Person, tasks: list[dict[str, Any]]) -> str:
    """Ann's, after the newest of her tasks."""
    assert tasks
    return str(list_tasks(call, ann, limit=1)["cursor"])


def ask(call: Api, person: Person, cursor: str, **query: Any) -> Response:
    """The page at a cursor."""
    return call(LIST, bearer=person.token, query={"cursor": cursor, **query})


def assert_refused(answer: Response) -> None:
    """As any cursor is that was not given out for this list."""
    assert (answer.status, answer.code) == (400, "VALIDATION_ERROR"), answer.text
    assert answer.json["message"].startswith("[query.cursor] ")
    assert not any(title in answer.text for title in TITLES)


def test_it_fits_into_a_url_as_it_is_and_tells_no_secret(cursor: str, ann: Person) -> None:
    assert set(cursor) <= set(ALPHABET)
    assert ann.id.encode() not in urlsafe_b64decode(cursor + "==")


@some_and_all("places", slice(0, None, 5), slice(None))
def test_it_is_refused_with_any_character_changed_left_out_or_put_in(
    call: Api, ann: Person, cursor: str, places: slice
) -> None:
    for place, was in list(enumerate(cursor))[places]:
        other = ALPHABET[(ALPHABET.index(was) + 1) % len(ALPHABET)]
        assert_refused(ask(call, ann, cursor[:place] + other + cursor[place + 1 :]))
    for end in (0, 1, 4, 21, 22, 23, len(cursor) // 2, len(cursor) - 4, len(cursor) - 1):
        assert_refused(ask(call, ann, cursor[:end]))
    for more in ("A", "AAAA", "=", "==", "!", ".", " ", "\n", "\0", "é", cursor):
        assert_refused(ask(call, ann, cursor + more))
        assert_refused(ask(call, ann, cursor[:9] + more + cursor[9:]))


def test_no_other_text_means_the_same(call: Api, ann: Person, cursor: str) -> None:
    """Base64 has several spellings for the same bytes; only that which was given out is good."""
    unseal = layer("cursors").decode_cursor
    key, question = b"key", "question"
    for position in ("", "x", "xy", ["1", "2"]):
        text = layer("cursors").encode_cursor(key, question, position)
        assert unseal(key, question, text) == position
        for last in set(ALPHABET) - {text[-1]}:
            with pytest.raises(layer("errors").InvalidInput):
                unseal(key, question, text[:-1] + last)
    assert ask(call, ann, cursor).status == 200


def test_it_is_of_no_use_to_anybody_else(call: Api, ann: Person, bob: Person, cursor: str) -> None:
    create_task(call, bob)

    assert_refused(ask(call, bob, cursor))
    assert ask(call, ann, cursor).status == 200


def test_it_is_good_on_every_device_of_its_user(call: Api, people: People, ann: Person, cursor: str) -> None:
    again = people.sign_in(ann.email)

    assert ask(call, again, cursor).json == ask(call, ann, cursor).json


def test_it_answers_the_question_that_it_was_given_for(call: Api, ann: Person, tasks: list[dict[str, Any]]) -> None:
    """Each parameter belongs to the question, but for how many to show."""
    first = list_tasks(call, ann, **ASKED, limit=1)
    assert first["tasks"] == tasks[:1]

    for name, value in OTHERWISE.items():
        assert_refused(ask(call, ann, first["cursor"], **ASKED | {name: value}))
        without = ask(call, ann, first["cursor"], **{asked: ASKED[asked] for asked in ASKED if asked != name})
        assert without.status == (200 if name == "order" else 400)  # it is the one that goes without saying
    for limit in (1, 2, 100):
        assert ask(call, ann, first["cursor"], **ASKED, limit=limit).json["tasks"] == tasks[1 : 1 + limit]


def test_other_spellings_ask_the_same_question(call: Api, ann: Person, tasks: list[dict[str, Any]]) -> None:
    first = list_tasks(call, ann, **ASKED, limit=1)
    same = {"priority": "MEDIUM", "tag": " Home", "search": "o ", "updated_since": "2026-01-01T01:00:00.0+01:00"}

    assert ask(call, ann, first["cursor"], **ASKED | same).json["tasks"] == tasks[1:]


def test_both_forms_of_the_path_take_it(call: Api, ann: Person, cursor: str) -> None:
    answer = call_task_route(call, with_user_id(LIST), bearer=ann.token, owner=ann.id, query={"cursor": cursor})

    assert answer.json == ask(call, ann, cursor).json


def test_no_list_takes_that_of_another(call: Api, ann: Person, cursor: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer("tasks.exporting"), "_PAGE_SIZE", 1)
    export = call(EXPORT, bearer=ann.token, query={"format": "json"}).json["cursor"]
    token = call(CHANGES, bearer=ann.token, query={"limit": 1}).json["token"]

    for other in (export, token):
        assert_refused(ask(call, ann, other))
    assert call(EXPORT, bearer=ann.token, query={"format": "json", "cursor": cursor}).status == 400
    assert call(CHANGES, bearer=ann.token, query={"since": cursor}).status == 400


@pytest.mark.parametrize("sort", ["created_at", "due_date", "priority", "updated_at", "title"])
def test_it_survives_the_task_that_it_stands_on(call: Api, ann: Person, tasks: list[dict[str, Any]], sort: str) -> None:
    """Nothing is lost or doubled when the last task of a page is deleted, or all that came before."""
    whole = list_tasks(call, ann, sort=sort)["tasks"]
    assert len(whole) == len(tasks)
    first = list_tasks(call, ann, sort=sort, limit=2)
    for task in reversed(first["tasks"]):
        call_task_route(call, DELETE, bearer=ann.token, task=task["id"])
        assert ask(call, ann, first["cursor"], sort=sort).json["tasks"] == whole[2:]


def test_it_stands_on_any_title(call: Api, ann: Person) -> None:
    titles = ["\x00" * 200, '"' * 200, "ΐ" * 200, "\N{CACTUS}" * 200, "a\x1fb", "\\n"]
    ids = {create_task(call, ann, title=title)["id"] for title in titles for _ in range(2)}
    pages = [list_tasks(call, ann, sort="title", limit=1)]
    while pages[-1]["cursor"]:
        pages.append(ask(call, ann, pages[-1]["cursor"], sort="title", limit=1).json)

    assert [len(page["tasks"]) for page in pages] == [1] * 12
    assert {task["id"] for page in pages for task in page["tasks"]} == ids
