"""ETags and conditional requests."""

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


class ConditionalRequests:
    """Sends conditional requests about one task."""

    def __init__(self, call: Api, person: Person, task: dict[str, Any]) -> None:
        """Send requests of `person` about `task`."""
        self._call, self._person, self._task = call, person, task["id"]

    def __call__(self, route: str, *, task: str = "", **headers: str) -> Response:
        """Return the response; `if_match` is the header If-Match."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        about = {"owner": self._person.id, "task": task or self._task}
        return call_task_route(self._call, route, bearer=self._person.token, headers=sent, **about)


@pytest.fixture
def send(call: Api, ann: Person, task: dict[str, Any]) -> ConditionalRequests:
    """Requests about Ann's task, which has version 1."""
    return ConditionalRequests(call, ann, task)


def test_every_response_with_one_task_has_its_version_as_etag(send: ConditionalRequests) -> None:
    responses = [send(route) for route in (CREATE, READ, PUT, READ, PATCH, READ, COMPLETE, READ)]
    responses += [send(with_user_id(route)) for route in (CREATE, READ, PUT, PATCH, COMPLETE)]

    assert [response.headers["etag"] for response in responses] == [
        f'"{response.json["version"]}"' for response in responses
    ]
    assert [response.json["version"] for response in responses] == [1, 1, 2, 2, 3, 3, 4, 4, 1, 4, 5, 6, 7]


def test_other_responses_have_no_etag(send: ConditionalRequests) -> None:
    responses = [send(LIST), send(READ, task=MISSING_ID), send(PUT, if_match='"7"'), send(DELETE)]

    assert [response.headers.get("etag") for response in responses] == [None] * 4


@pytest.mark.parametrize("route", [READ, pytest.param(with_user_id(READ), marks=pytest.mark.slow)])
def test_a_current_representation_is_not_sent_again(send: ConditionalRequests, route: str) -> None:
    for etag in (*SAME, *WEAK):
        response = send(route, if_none_match=etag)
        assert (response.status, response.text, response.headers["etag"]) == (304, "", '"1"'), etag
        assert response.headers["cache-control"] == "no-store"


def test_an_outdated_representation_is_replaced(send: ConditionalRequests, task: dict[str, Any]) -> None:
    for etag in OTHER:
        response = send(READ, if_none_match=etag)
        assert (response.status, response.json, response.headers["etag"]) == (200, task, '"1"'), etag


def test_after_a_change_the_task_is_sent_again(send: ConditionalRequests) -> None:
    send(PUT)

    assert send(READ, if_none_match='"1"').json["version"] == 2
    assert send(READ, if_none_match='"2"').status == 304


def test_a_read_may_require_a_version(send: ConditionalRequests) -> None:
    for condition, status in (('"1"', 200), ("*", 200), ('"2"', 412), ('W/"1"', 412), ("x", 412)):
        assert send(READ, if_match=condition).status == status, condition


@every_write
def test_a_write_whose_condition_fails_changes_nothing(send: ConditionalRequests, cloud: Cloud, route: str) -> None:
    with tables_unchanged(cloud):
        for condition in ({"if_match": '"2"'}, {"if_none_match": "*"}, {"if_match": "*", "if_none_match": '"1"'}):
            response = send(route, **condition)
            assert (response.status, response.code) == (412, "PRECONDITION_FAILED"), condition
    assert send(route, if_match='"1"', if_none_match='"2"').status in {200, 204}


def test_if_match_takes_a_list_or_any_and_compares_strongly(send: ConditionalRequests) -> None:
    """A weak etag never matches (RFC 9110, 13.1.1)."""
    assert [condition for condition in (*OTHER, *WEAK) if send(PATCH, if_match=condition).status != 412] == []
    for version, condition in enumerate(SAME, 1):
        assert send(PATCH, if_match=condition.replace('"1"', f'"{version}"')).status == 200, condition


def test_if_none_match_takes_a_list_or_any_and_compares_weakly(send: ConditionalRequests) -> None:
    assert [etag for etag in (*SAME, *WEAK) if send(PATCH, if_none_match=etag).status != 412] == []
    assert send(PATCH, if_none_match='"7", W/"8", garbage').status == 200


@some_and_all("routes", (READ, PATCH), (READ, *EVERY))
def test_a_missing_task_is_not_found_whatever_the_condition(
    send: ConditionalRequests, bob: Person, call: Api, task: dict[str, Any], routes: tuple[str, ...]
) -> None:
    for condition in ({"if_match": '"1"'}, {"if_match": "*"}, {"if_none_match": "*"}, {"if_match": "x"}):
        for route in routes:
            assert send(route, task=MISSING_ID, **condition).status == 404, condition
            assert ConditionalRequests(call, bob, task)(route, **condition).status == 404, condition


def test_of_two_updates_of_the_same_version_the_second_is_refused(send: ConditionalRequests) -> None:
    etag = send(READ).headers["etag"]
    first, second = send(PATCH, if_match=etag), send(COMPLETE, if_match=etag)

    assert (first.status, second.status) == (200, 412)
    assert send(COMPLETE, if_match=first.headers["etag"]).status == 200


def test_a_conditional_request_does_not_reveal_a_deleted_task(send: ConditionalRequests) -> None:
    send(DELETE)

    assert {send(route, if_match='"1"').status for route in WRITES} == {404}
