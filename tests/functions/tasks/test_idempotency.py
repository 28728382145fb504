"""A request that is sent again under its Idempotency-Key is answered as the first time, and does nothing."""

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
SHORT = (CREATE, PUT, COMPLETE, DELETE, BULK, BULK_DELETE)
TOGGLE: dict[str, Any] = {"body": None}
EVERY = [*((route, {}) for route in (*SHORT, PATCH)), (COMPLETE, TOGGLE)]
VERSIONS = {CREATE: ["1", "1"], COMPLETE: ["2"], DELETE: [], BULK: ["2"]}
JSON = {"content-type": "application/json"}
MALFORMED = ["", " ", "a b", " a", "x" * 256, "\t", "a\n", "\x01", "a\x7f", "é", "ключ", "a\u2028"]

SOME = [(CREATE, {}), (COMPLETE, TOGGLE), (DELETE, {}), (BULK, {})]
every_request = pytest.mark.parametrize(("route", "request_"), EVERY, ids=str)
some_requests = pytest.mark.parametrize(("route", "request_"), SOME, ids=str)


class Sender:
    """Sends requests about one task under one key, unless told otherwise."""

    def __init__(self, call: Api, person: Person, task: dict[str, Any]) -> None:
        """Whose task."""
        self._call, self._person, self._task = call, person, task["id"]

    def __call__(self, route: str, *, name: str = KEY, headers: dict[str, str] | None = None, **other: Any) -> Response:
        """The answer, which compares."""
        sent = {"idempotency-key": name, "x-correlation-id": "compare-me"} | (headers or {})
        given = {"bearer": self._person.token, "owner": self._person.id, "task": self._task, "headers": sent}
        return call_task_route(self._call, route, **given | other)


@pytest.fixture
def send(call: Api, ann: Person, task: dict[str, Any]) -> Sender:
    """Requests about Ann's task."""
    return Sender(call, ann, task)


@pytest.fixture
def kept(cloud: Cloud) -> Callable[[], list[Any]]:
    """All of the table of tasks: rows with their versions and change numbers, counters, receipts."""
    return lambda: sorted(rows(cloud, "TasksTable"), key=repr)


def reused(answer: Response) -> bool:
    """Whether it was refused for its key."""
    return (answer.status, answer.code) == (422, "IDEMPOTENCY_KEY_REUSED")


@every_request
def test_sent_again_it_is_answered_again_and_nothing_is_done(
    send: Sender, kept: Any, route: str, request_: dict[str, Any]
) -> None:
    before = kept()
    first, once = send(route, **request_), kept()

    assert first.status == {CREATE: 201, DELETE: 204}.get(route.replace("/{user_id}", ""), 200)
    assert [send(route, **request_), send(route, **request_)] == [first, first]
    assert before != once == kept()


@pytest.mark.parametrize("route", SHORT)
def test_both_forms_of_a_path_are_one_request(send: Sender, kept: Any, route: str) -> None:
    first, once = send(route), kept()

    assert send(with_user_id(route)) == first
    assert kept() == once


@pytest.mark.parametrize("route", [CREATE, PUT, PATCH, COMPLETE, BULK, BULK_DELETE])
def test_another_body_is_refused_and_nothing_is_done(
    call: Api, ann: Person, send: Sender, kept: Any, route: str
) -> None:
    other = create_task(call, ann)["id"]
    bodies = {
        COMPLETE: {"completed": False},
        BULK: {"operations": [{"op": "delete", "id": other}]},
        BULK_DELETE: {"task_ids": [other]},
    }
    send(route)
    once = kept()

    assert reused(send(route, json=bodies.get(route, {"title": "Other"})))
    assert kept() == once


def test_turning_round_and_saying_so_are_two_requests(send: Sender) -> None:
    assert send(COMPLETE, **TOGGLE).json["completed"]
    assert reused(send(COMPLETE, json={"completed": True}))


@some_and_all("routes", (CREATE, BULK), SHORT)
def test_another_route_is_refused_and_nothing_is_done(send: Sender, kept: Any, routes: tuple[str, ...]) -> None:
    for number, route in enumerate(routes):
        send(route, name=str(number))
        once = kept()
        assert all(reused(send(other, name=str(number))) for other in SHORT if other != route), route
        assert kept() == once


def test_another_task_is_refused(call: Api, ann: Person, send: Sender, kept: Any) -> None:
    for route in (PUT, COMPLETE, DELETE):
        other = create_task(call, ann)["id"]
        send(route, name=route[:3], task=other)
        once = kept()
        assert reused(send(route, name=route[:3])), route
        assert reused(send(route, name=route[:3], task=MISSING_ID)), route
        assert kept() == once


@pytest.mark.parametrize("route", SHORT)
def test_another_person_may_use_the_same_key(call: Api, bob: Person, send: Sender, kept: Any, route: str) -> None:
    first, bobs = send(route), Sender(call, bob, create_task(call, bob))
    once = kept()

    assert bobs(route).status == first.status
    assert [row for row in kept() if row["user_id"] != bob.id] == [row for row in once if row["user_id"] != bob.id]
    assert kept() != once


@pytest.mark.parametrize("route", [COMPLETE, BULK])
def test_a_key_is_kept_for_a_day_and_then_forgotten_while_its_row_is_there(
    send: Sender, kept: Any, advance_clock: Callable[..., None], route: str
) -> None:
    first = send(route)
    advance_clock(hours=23, minutes=59)
    assert send(route) == first
    advance_clock(minutes=1, seconds=1)
    once = kept()

    assert any(row["task_id"].startswith("#RECEIPT#") for row in once)
    assert send(route).status == first.status
    assert kept() != once


@some_and_all("routes", (DELETE,), WRITE_ROUTES)
def test_a_malformed_key_is_refused(send: Sender, kept: Any, routes: tuple[str, ...]) -> None:
    before = kept()

    for route, name in (*((CREATE, name) for name in MALFORMED), *((route, "") for route in routes)):
        answer = send(route, name=name)
        assert (answer.status, answer.code) == (400, "VALIDATION_ERROR"), name
        assert "idempotency-key" in answer.json["message"]
    assert kept() == before


def test_any_visible_ascii_is_a_key(send: Sender, kept: Any) -> None:
    for name in ("x", "!", "~", "a,b", "X", "x" * 255, str(UUID(int=7))):
        first, once = send(CREATE, name=name), kept()
        assert first.status == 201
        assert (send(CREATE, name=name), kept()) == (first, once)


def test_what_was_refused_may_be_corrected_under_its_key(send: Sender, kept: Any) -> None:
    before = kept()

    assert send(PUT, task=MISSING_ID).status == 404
    assert send(PUT, task="malformed").status == 404
    assert send(PUT, headers={"if-match": '"7"'}).status == 412
    assert send(PUT, json={"title": ""}).status == 400
    assert send(PUT, json={}).status == 400
    assert send(PUT, bearer="x").status == 401
    assert send(BULK, json={"operations": []}).status == 400
    assert kept() == before
    assert send(PUT).status == 200


def test_what_is_answered_again_is_not_judged_again(send: Sender) -> None:
    """The first time made the condition fail, or the task go."""
    condition = {"headers": {"if-match": '"1"'}}
    changed = send(PUT, name="change", **condition)
    assert send(PUT, name="change", **condition) == changed
    removed = send(DELETE, name="remove")

    assert send(DELETE, name="remove") == removed
    assert send(PUT, name="change", **condition) == changed


def test_how_the_body_is_written_does_not_matter(send: Sender, kept: Any) -> None:
    first, once = send(PUT, json={"title": "Ä", "tags": ["a", "b"]}), kept()
    same = '{\n "tags": ["a","b"] ,"title" :"\\u00c4"}'

    assert send(PUT, body=same, headers={"content-type": "application/json"}) == first
    assert reused(send(PUT, json={"title": "Ä", "tags": ["b", "a"]}))
    assert kept() == once


def test_a_body_that_a_delete_has_no_use_for_does_not_matter(send: Sender) -> None:
    for body in ("{", "\x00", "[" * 100_000, "x" * 300_000, "{}", None):
        assert send(DELETE, body=body).status == 204


@some_requests
def test_many_at_once_are_one(send: Sender, kept: Any, route: str, request_: dict[str, Any]) -> None:
    answers = run_concurrently(lambda _: send(route, **request_), range(8))
    once = kept()

    assert answers == [answers[0]] * 8
    assert answers[0].status < 300
    assert send(route, **request_) == answers[0]
    assert kept() == once
    assert [row["version"] for row in once if "version" in row] == VERSIONS[route]


@some_requests
def test_done_but_unanswered_it_is_not_done_again(
    send: Sender, kept: Any, monkeypatch: pytest.MonkeyPatch, route: str, request_: dict[str, Any]
) -> None:
    """The connection breaks after the transaction; the client cannot know, and asks again."""
    real, times = layer("tasks.transactions").transact, count()

    def transact(*changes: Any) -> None:
        real(*changes)
        if next(times) == 0:
            raise UNREACHABLE

    monkeypatch.setattr(layer("tasks.transactions"), "transact", transact)
    assert send(route, **request_).status == 503
    once = kept()

    assert send(route, **request_).status < 300
    assert kept() == once
