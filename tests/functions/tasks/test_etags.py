"""Etags: what tells one state of a task from another, and requests that are for one state alone."""

from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.calls import Api, Response
from tests.support.people import Person
from tests.support.slow import some_and_all
from tests.support.tables import tables_unchanged
from tests.support.tasks import (
    COMPLETE,
    CREATE,
    DELETE,
    LIST,
    MISSING_ID,
    PATCH,
    PUT,
    READ,
    call_task_route,
    with_user_id,
)

WRITES = (PUT, PATCH, COMPLETE, DELETE)
EVERY = (*WRITES, *map(with_user_id, WRITES))
SAME = ['"1"', '"7", "1"', '"1","7"', ' "1" ', "*", 'W/"1", "1"', '"x" , garbage, "1"']
OTHER = [
    '"2"',
    '"0"',
    '""',
    '"1',
    '1"',
    '"01"',
    '"1" "2"',
    '"*"',
    'w/"1"',
    *("", "1", "W/1", "'1'", "**", ",", "\x01", "é"),
]
WEAK = ['W/"1"', '"7", W/"1"']

every_write = pytest.mark.parametrize(
    "route", [*WRITES, *(pytest.param(route, marks=pytest.mark.slow) for route in map(with_user_id, WRITES))]
)


class Asker:
    """Sends requests about one task on a condition."""

    def __init__(self, call: Api, person: Person, task: dict[str, Any]) -> None:
        """Whose task."""
        self._call, self._person, self._task = call, person, task["id"]

    def __call__(self, route: str, *, task: str = "", **headers: str) -> Response:
        """The answer; `if_match` is the header If-Match."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        about = {"owner": self._person.id, "task": task or self._task}
        return call_task_route(self._call, route, bearer=self._person.token, headers=named, **about)


@pytest.fixture
def ask(call: Api, ann: Person, task: dict[str, Any]) -> Asker:
    """Requests about Ann's task, of which there is one version."""
    return Asker(call, ann, task)


def test_every_answer_with_one_task_has_an_etag_which_is_that_of_its_version(ask: Asker) -> None:
    answers = [ask(route) for route in (CREATE, READ, PUT, READ, PATCH, READ, COMPLETE, READ)]
    answers += [ask(with_user_id(route)) for route in (CREATE, READ, PUT, PATCH, COMPLETE)]

    assert [answer.headers["etag"] for answer in answers] == [f'"{answer.json["version"]}"' for answer in answers]
    assert [answer.json["version"] for answer in answers] == [1, 1, 2, 2, 3, 3, 4, 4, 1, 4, 5, 6, 7]


def test_other_answers_have_none(ask: Asker) -> None:
    answers = [ask(LIST), ask(READ, task=MISSING_ID), ask(PUT, if_match='"7"'), ask(DELETE)]

    assert [answer.headers.get("etag") for answer in answers] == [None] * 4


@pytest.mark.parametrize("route", [READ, pytest.param(with_user_id(READ), marks=pytest.mark.slow)])
def test_what_is_known_is_not_sent_again(ask: Asker, route: str) -> None:
    for known in (*SAME, *WEAK):
        answer = ask(route, if_none_match=known)
        assert (answer.status, answer.text, answer.headers["etag"]) == (304, "", '"1"'), known
        assert answer.headers["cache-control"] == "no-store"


def test_what_is_not_known_is_sent(ask: Asker, task: dict[str, Any]) -> None:
    for known in OTHER:
        answer = ask(READ, if_none_match=known)
        assert (answer.status, answer.json, answer.headers["etag"]) == (200, task, '"1"'), known


def test_after_a_change_it_is_sent_again(ask: Asker) -> None:
    ask(PUT)

    assert ask(READ, if_none_match='"1"').json["version"] == 2
    assert ask(READ, if_none_match='"2"').status == 304


def test_reading_one_state_alone(ask: Asker) -> None:
    for wanted, status in (('"1"', 200), ("*", 200), ('"2"', 412), ('W/"1"', 412), ("x", 412)):
        assert ask(READ, if_match=wanted).status == status, wanted


@every_write
def test_a_write_on_a_condition_is_done_or_changes_nothing(ask: Asker, cloud: Cloud, route: str) -> None:
    with tables_unchanged(cloud):
        for condition in ({"if_match": '"2"'}, {"if_none_match": "*"}, {"if_match": "*", "if_none_match": '"1"'}):
            answer = ask(route, **condition)
            assert (answer.status, answer.code) == (412, "PRECONDITION_FAILED"), condition
    assert ask(route, if_match='"1"', if_none_match='"2"').status in {200, 204}


def test_if_match_takes_a_list_or_any_and_compares_strongly(ask: Asker) -> None:
    """A weak etag never matches (RFC 9110, 13.1.1)."""
    assert [wanted for wanted in (*OTHER, *WEAK) if ask(PATCH, if_match=wanted).status != 412] == []
    for version, wanted in enumerate(SAME, 1):
        assert ask(PATCH, if_match=wanted.replace('"1"', f'"{version}"')).status == 200, wanted


def test_if_none_match_takes_a_list_or_any_and_compares_weakly(ask: Asker) -> None:
    assert [known for known in (*SAME, *WEAK) if ask(PATCH, if_none_match=known).status != 412] == []
    assert ask(PATCH, if_none_match='"7", W/"8", garbage').status == 200


@some_and_all("routes", (READ, PATCH), (READ, *EVERY))
def test_a_missing_task_is_missing_on_any_condition(
    ask: Asker, bob: Person, call: Api, task: dict[str, Any], routes: tuple[str, ...]
) -> None:
    for condition in ({"if_match": '"1"'}, {"if_match": "*"}, {"if_none_match": "*"}, {"if_match": "x"}):
        for route in routes:
            assert ask(route, task=MISSING_ID, **condition).status == 404, condition
            assert Asker(call, bob, task)(route, **condition).status == 404, condition


def test_of_two_who_saw_the_same_the_second_is_refused(ask: Asker) -> None:
    seen = ask(READ).headers["etag"]
    first, second = ask(PATCH, if_match=seen), ask(COMPLETE, if_match=seen)

    assert (first.status, second.status) == (200, 412)
    assert ask(COMPLETE, if_match=first.headers["etag"]).status == 200


def test_an_etag_does_not_tell_a_deleted_task_from_none(ask: Asker) -> None:
    ask(DELETE)

    assert {ask(route, if_match='"1"').status for route in WRITES} == {404}
