"""Idempotency-Key: a repeated request gets the first response and changes nothing."""

from collections.abc import Callable
from itertools import count
from typing import Any
from uuid import UUID

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.aws_failures import UNREACHABLE
from tests.support.calls import Api, Response
from tests.support.concurrency import run_concurrently
from tests.support.layer import layer
from tests.support.people import Person
from tests.support.slow import some_and_all
from tests.support.tables import rows
from tests.support.tasks import (
    BULK,
    BULK_DELETE,
    COMPLETE,
    CREATE,
    DELETE,
    MISSING_ID,
    PATCH,
    PUT,
    WRITE_ROUTES,
    call_task_route,
    create_task,
    with_user_id,
)

KEY = "7f0c6a52-once"
SHORT_ROUTES = (CREATE, PUT, COMPLETE, DELETE, BULK, BULK_DELETE)
TOGGLE: dict[str, Any] = {"body": None}
EVERY = [*((route, {}) for route in (*SHORT_ROUTES, PATCH)), (COMPLETE, TOGGLE)]
VERSIONS = {CREATE: ["1", "1"], COMPLETE: ["2"], DELETE: [], BULK: ["2"]}
JSON = {"content-type": "application/json"}
MALFORMED = ["", " ", "a b", " a", "x" * 256, "\t", "a\n", "\x01", "a\x7f", "é", "ключ", "a\u2028"]

SOME = [(CREATE, {}), (COMPLETE, TOGGLE), (DELETE, {}), (BULK, {})]
every_request = pytest.mark.parametrize(("route", "request_"), EVERY, ids=str)
some_requests = pytest.mark.parametrize(("route", "request_"), SOME, ids=str)


class Sender:
    """Sends requests about one task, by default with one key."""

    def __init__(self, call: Api, person: Person, task: dict[str, Any]) -> None:
        """Send requests of `person` about `task`."""
        self._call, self._person, self._task = call, person, task["id"]

    def __call__(self, route: str, *, name: str = KEY, headers: dict[str, str] | None = None, **other: Any) -> Response:
        """Return the response, without its varying headers."""
        sent = {"idempotency-key": name, "x-correlation-id": "compare-me"} | (headers or {})
        given = {"bearer": self._person.token, "owner": self._person.id, "task": self._task, "headers": sent}
        return call_task_route(self._call, route, **given | other)


@pytest.fixture
def send(call: Api, ann: Person, task: dict[str, Any]) -> Sender:
    """Requests about Ann's task."""
    return Sender(call, ann, task)


@pytest.fixture
def task_rows(cloud: Cloud) -> Callable[[], list[Any]]:
    """All rows of the table of tasks: tasks, counters, receipts."""
    return lambda: sorted(rows(cloud, "TasksTable"), key=repr)


def is_refused(response: Response) -> bool:
    """Return whether the key was refused as reused."""
    return (response.status, response.code) == (422, "IDEMPOTENCY_KEY_REUSED")


@every_request
def test_a_repeated_request_gets_the_same_response_and_changes_nothing(
    send: Sender, task_rows: Any, route: str, request_: dict[str, Any]
) -> None:
    before = task_rows()
    first, after = send(route, **request_), task_rows()

    assert first.status == {CREATE: 201, DELETE: 204}.get(route.replace("/{user_id}", ""), 200)
    assert [send(route, **request_), send(route, **request_)] == [first, first]
    assert before != after == task_rows()


@pytest.mark.parametrize("route", SHORT_ROUTES)
def test_both_forms_of_a_path_are_the_same_request(send: Sender, task_rows: Any, route: str) -> None:
    first, after = send(route), task_rows()

    assert send(with_user_id(route)) == first
    assert task_rows() == after


@pytest.mark.parametrize("route", [CREATE, PUT, PATCH, COMPLETE, BULK, BULK_DELETE])
def test_another_body_is_refused_and_changes_nothing(
    call: Api, ann: Person, send: Sender, task_rows: Any, route: str
) -> None:
    other = create_task(call, ann)["id"]
    bodies = {
        COMPLETE: {"completed": False},
        BULK: {"operations": [{"op": "delete", "id": other}]},
        BULK_DELETE: {"task_ids": [other]},
    }
    send(route)
    after = task_rows()

    assert is_refused(send(route, json=bodies.get(route, {"title": "Other"})))
    assert task_rows() == after


def test_a_toggle_and_a_given_state_are_different_requests(send: Sender) -> None:
    assert send(COMPLETE, **TOGGLE).json["completed"]
    assert is_refused(send(COMPLETE, json={"completed": True}))


@some_and_all("routes", (CREATE, BULK), SHORT_ROUTES)
def test_another_route_is_refused_and_changes_nothing(send: Sender, task_rows: Any, routes: tuple[str, ...]) -> None:
    for number, route in enumerate(routes):
        send(route, name=str(number))
        after = task_rows()
        assert all(is_refused(send(other, name=str(number))) for other in SHORT_ROUTES if other != route), route
        assert task_rows() == after


def test_another_task_is_refused(call: Api, ann: Person, send: Sender, task_rows: Any) -> None:
    for route in (PUT, COMPLETE, DELETE):
        other = create_task(call, ann)["id"]
        send(route, name=route[:3], task=other)
        after = task_rows()
        assert is_refused(send(route, name=route[:3])), route
        assert is_refused(send(route, name=route[:3], task=MISSING_ID)), route
        assert task_rows() == after


@pytest.mark.parametrize("route", SHORT_ROUTES)
def test_another_user_may_use_the_same_key(call: Api, bob: Person, send: Sender, task_rows: Any, route: str) -> None:
    first, bobs = send(route), Sender(call, bob, create_task(call, bob))
    after = task_rows()

    assert bobs(route).status == first.status
    assert [row for row in task_rows() if row["user_id"] != bob.id] == [
        row for row in after if row["user_id"] != bob.id
    ]
    assert task_rows() != after


@pytest.mark.parametrize("route", [COMPLETE, BULK])
def test_a_key_is_valid_for_a_day_even_if_its_row_exists_longer(
    send: Sender, task_rows: Any, advance_clock: Callable[..., None], route: str
) -> None:
    first = send(route)
    advance_clock(hours=23, minutes=59)
    assert send(route) == first
    advance_clock(minutes=1, seconds=1)
    after = task_rows()

    assert any(row["task_id"].startswith("#RECEIPT#") for row in after)
    assert send(route).status == first.status
    assert task_rows() != after


@some_and_all("routes", (DELETE,), WRITE_ROUTES)
def test_a_malformed_key_is_refused(send: Sender, task_rows: Any, routes: tuple[str, ...]) -> None:
    before = task_rows()

    for route, name in (*((CREATE, name) for name in MALFORMED), *((route, "") for route in routes)):
        response = send(route, name=name)
        assert (response.status, response.code) == (400, "VALIDATION_ERROR"), name
        assert "idempotency-key" in response.json["message"]
    assert task_rows() == before


def test_any_visible_ascii_is_a_valid_key(send: Sender, task_rows: Any) -> None:
    for name in ("x", "!", "~", "a,b", "X", "x" * 255, str(UUID(int=7))):
        first, after = send(CREATE, name=name), task_rows()
        assert first.status == 201
        assert (send(CREATE, name=name), task_rows()) == (first, after)


def test_a_refused_request_may_be_corrected_under_the_same_key(send: Sender, task_rows: Any) -> None:
    before = task_rows()

    assert send(PUT, task=MISSING_ID).status == 404
    assert send(PUT, task="malformed").status == 404
    assert send(PUT, headers={"if-match": '"7"'}).status == 412
    assert send(PUT, json={"title": ""}).status == 400
    assert send(PUT, json={}).status == 400
    assert send(PUT, bearer="x").status == 401
    assert send(BULK, json={"operations": []}).status == 400
    assert task_rows() == before
    assert send(PUT).status == 200


def test_conditions_are_not_evaluated_for_a_repeated_request(send: Sender) -> None:
    """The first request made the condition fail, or deleted the task."""
    condition = {"headers": {"if-match": '"1"'}}
    changed = send(PUT, name="change", **condition)
    assert send(PUT, name="change", **condition) == changed
    removed = send(DELETE, name="remove")

    assert send(DELETE, name="remove") == removed
    assert send(PUT, name="change", **condition) == changed


def test_the_formatting_of_the_body_does_not_matter(send: Sender, task_rows: Any) -> None:
    first, after = send(PUT, json={"title": "Ä", "tags": ["a", "b"]}), task_rows()
    same = '{\n "tags": ["a","b"] ,"title" :"\\u00c4"}'

    assert send(PUT, body=same, headers={"content-type": "application/json"}) == first
    assert is_refused(send(PUT, json={"title": "Ä", "tags": ["b", "a"]}))
    assert task_rows() == after


def test_the_body_of_a_delete_is_ignored(send: Sender) -> None:
    for body in ("{", "\x00", "[" * 100_000, "x" * 262_144, "{}", None):
        assert send(DELETE, body=body).status == 204


@some_requests
def test_concurrent_repetitions_are_executed_once(
    send: Sender, task_rows: Any, route: str, request_: dict[str, Any]
) -> None:
    responses = run_concurrently(lambda _: send(route, **request_), range(8))
    after = task_rows()

    assert responses == [responses[0]] * 8
    assert responses[0].status < 300
    assert send(route, **request_) == responses[0]
    assert task_rows() == after
    assert [row["version"] for row in after if "version" in row] == VERSIONS[route]


@some_requests
def test_a_request_whose_response_was_lost_is_not_executed_again(
    send: Sender, task_rows: Any, monkeypatch: pytest.MonkeyPatch, route: str, request_: dict[str, Any]
) -> None:
    """The connection fails after the transaction; the client cannot know and retries."""
    real, times = layer("tasks.transactions").transact, count()

    def transact(*changes: Any) -> None:
        real(*changes)
        if next(times) == 0:
            raise UNREACHABLE

    monkeypatch.setattr(layer("tasks.transactions"), "transact", transact)
    assert send(route, **request_).status == 503
    after = task_rows()

    assert send(route, **request_).status < 300
    assert task_rows() == after
