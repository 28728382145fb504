"""DynamoDB or Secrets Manager away and back: 503 in time, and afterwards the same process serves the same session."""

import os
import runpy
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from functools import partial
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import botocore.endpoint
import botocore.retries.quota
import pytest
from botocore.retries.quota import RetryQuota

from gatehouse_dev import endpoint
from gatehouse_dev.cloud import Cloud
from gatehouse_dev.model import Function
from gatehouse_dev.template import Template
from tests.layer.test_outage import assert_unavailable
from tests.support.auth_calls import sign_in
from tests.support.aws_failures import UNREACHABLE, client_error, failing_calls
from tests.support.calls import Api, Response
from tests.support.faults import unprocessed_batches
from tests.support.layer import layer
from tests.support.people import People, Person
from tests.support.transport import CHOSEN

PROTECTED = "GET /api/tasks"
BY_COOKIE = "GET /api/auth/token"  # checks the cookie's signature, so that it needs the secret
API_GATEWAY_WAITS = 30  # seconds
PATIENT, HASTY = 60.0, 0.1  # seconds


# -- Time -----------------------------------------------------------------------------


def longest(client: Any) -> float:
    """Seconds until a client gives up a call that nobody answers: its attempts, and its pauses at their worst.

    A connection that was kept open may turn out to be closed after the longest wait, and is no attempt.
    """
    config = client.meta.config
    pauses = sum(2.0**number for number in range(attempts(client) - 1))
    return attempts(client) * float(config.connect_timeout + config.read_timeout) + pauses + float(config.read_timeout)


def attempts(client: Any) -> int:
    """How often a client tries a call before it gives up."""
    return int(client.meta.config.retries["total_max_attempts"])


def calls_in_vain(function: Function) -> int:
    """How many calls of a request are not answered: a request goes on when its rate limit cannot be counted."""
    handler = runpy.run_path(str(function.folder / "handler.py"))["handler"]
    return 2 if handler.policy.rate_limit else 1


def test_a_table_that_never_answers_is_a_503_before_the_function_ends(template: Template, call: Api) -> None:
    """Lambda ends a function at its Timeout, with an answer that is not ours."""
    assert call
    once = longest(layer("dynamodb").connection().client)
    late = {
        function.name: function.timeout
        for function in template.functions.values()
        if function.name in {route.function for route in template.routes}
        and not once * calls_in_vain(function) < function.timeout < API_GATEWAY_WAITS
    }

    assert late == {}


def test_a_secret_that_never_comes_is_a_503_before_the_function_ends(template: Template, call: Api) -> None:
    """Where a function reads it, it reads it once."""
    assert call
    shortest = min(template.functions[route.function].timeout for route in template.routes)

    assert longest(layer("keys.secret").client()) < shortest


# -- The table is away, and comes back ------------------------------------------------


class Line:
    """A port that DynamoDB may be at; it is held all the time, so that no other process takes it."""

    def __init__(self) -> None:
        """Nobody listens."""
        self._listening = ExitStack()
        self._held = self._bound(0)
        self.port: int = self._held.getsockname()[1]

    def breaks(self) -> None:
        """Whoever calls is refused."""
        self._listening.close()

    def hangs(self) -> socket.socket:
        """Whoever calls gets through, and hears nothing."""
        self._listening.close()
        listener = self._listening.enter_context(self._bound(self.port))
        listener.listen()
        return listener

    def works(self) -> None:
        """DynamoDB answers."""
        self._listening.enter_context(endpoint.serving(self.hangs()))

    def close(self) -> None:
        """Over."""
        self._listening.close()
        self._held.close()

    @staticmethod
    def _bound(port: int) -> socket.socket:
        bound = socket.socket()
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        bound.bind(("127.0.0.1", port))
        return bound


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long either transport would wait between attempts; here it does not."""
    waited: list[float] = []
    for place in (botocore.endpoint, layer("transport.retries")):
        monkeypatch.setattr(place, "time", SimpleNamespace(sleep=waited.append))
    return waited


@pytest.fixture
def line(call: Api, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    """The only way to DynamoDB for as long as a test lasts, which is patient with a busy machine."""
    assert call
    dynamodb, line = layer("dynamodb"), Line()
    patience = PATIENT if CHOSEN == "own" else 1  # botocore's cannot be changed while it hangs
    monkeypatch.setattr(dynamodb, "_TIMEOUTS", dict.fromkeys(dynamodb._TIMEOUTS, patience))
    monkeypatch.setitem(os.environ, "AWS_ENDPOINT_URL_DYNAMODB", f"http://127.0.0.1:{line.port}")
    dynamodb.connection.cache_clear()
    yield line
    line.close()
    dynamodb.connection.cache_clear()


@contextmanager
def hasty(client: Any) -> Iterator[None]:
    """On connections that it opens meanwhile, a client of our transport soon gives up."""
    with patch.object(client._pool, "_read_seconds", HASTY) if CHOSEN == "own" else nullcontext():
        yield


def test_what_was_refused_or_never_answered_works_again_without_a_restart(
    call: Api, people: People, line: Line, pauses: list[float]
) -> None:
    """The same handler, the same client and its connections, the same session: nobody is signed out by it."""
    line.works()
    ann = people.signed_in()

    def ask() -> Response:
        return call(PROTECTED, cookies=[ann.cookie])

    assert ask().status == 200
    client = layer("dynamodb").connection().client
    for trouble in (line.breaks, line.hangs):
        trouble()
        pauses.clear()
        with hasty(client):
            assert_unavailable(ask())
        assert len(pauses) == attempts(client) - 1
    line.works()

    assert ask().status == 200


def test_after_an_outage_that_used_up_all_attempts_it_works_at_once(
    call: Api, people: People, line: Line, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After many failures a transport gives up on trying again, and must not give up on trying."""
    monkeypatch.setattr(botocore.retries.quota, "RetryQuota", partial(RetryQuota, initial_capacity=30))  # for 500
    monkeypatch.setattr(layer("transport.retries"), "CAPACITY", 30)
    line.works()
    ann = people.signed_in()
    line.breaks()
    for _ in range(4):
        pauses.clear()
        assert_unavailable(call(PROTECTED, bearer=ann.token))
    assert pauses == []
    line.works()

    assert call(PROTECTED, bearer=ann.token).status == 200


@pytest.mark.parametrize("route", [PROTECTED, "GET /api/auth/get-session"])
def test_a_throttled_table_that_answers_with_nothing_signs_nobody_out(
    call: Api, people: People, monkeypatch: pytest.MonkeyPatch, route: str
) -> None:
    """BatchGetItem does not fail then: it leaves out rows, and says so."""
    ann = people.signed_in()
    monkeypatch.setattr(layer("dynamodb").time, "sleep", lambda _: None)

    with unprocessed_batches():
        assert_unavailable(call(route, cookies=[ann.cookie]))

    answer = call(route, cookies=[ann.cookie])
    assert (answer.status, answer.text != "null") == (200, True)


# -- The secret is away, and comes back -----------------------------------------------


@pytest.fixture
def knows_nothing(call: Api) -> Callable[[], None]:
    """A process that has just begun: `knows_nothing()`."""
    assert call

    def forget() -> None:
        secret, keyring = layer("keys.secret"), layer("keys.keyring")
        for kept in (secret._secret_value, secret.derived_key, layer("keys.access_tokens")._private_key):
            kept.cache_clear()
        keyring.clear_cache()

    return forget


SECRET_AWAY = {
    "unreachable": UNREACHABLE,
    "throttled": client_error("ThrottlingException"),
    "broken": client_error("InternalServiceError", 500),
}
away = pytest.mark.parametrize("trouble", SECRET_AWAY.values(), ids=SECRET_AWAY)


@away
def test_a_process_that_could_not_read_the_secret_at_first_reads_it_later(
    call: Api, people: People, knows_nothing: Callable[[], None], trouble: Exception
) -> None:
    """A failure is not kept, and a cookie that cannot be checked is not a wrong one."""
    ann = people.signed_in()
    knows_nothing()

    with failing_calls(trouble, "GetSecretValue"):
        for _ in range(2):
            assert_unavailable(call(BY_COOKIE, cookies=[ann.cookie]))
            assert_unavailable(sign_in(call, ann.email))

    assert call(BY_COOKIE, cookies=[ann.cookie]).status == 200
    assert sign_in(call, ann.email).status == 200


@pytest.mark.parametrize("known", ["nothing", "the one before"])
def test_a_look_at_the_keyring_that_failed_is_taken_again(  # noqa: PLR0917 -- five fixtures and a case
    call: Api,
    people: People,
    cloud: Cloud,
    knows_nothing: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
    known: str,
) -> None:
    """Also of a cookie of a newer key than this process has seen: 503, then in, and never 401."""
    ann = people.signed_in() if known == "nothing" else newer_than_known(call, people, cloud)
    if known == "nothing":
        knows_nothing()
    monkeypatch.setattr(layer("keys.macs"), "_last_refresh", float("-inf"))

    with failing_calls(UNREACHABLE, "BatchGetItem"):
        assert_unavailable(call(BY_COOKIE, cookies=[ann.cookie]))

    assert call(BY_COOKIE, cookies=[ann.cookie]).status == 200


def newer_than_known(call: Api, people: People, cloud: Cloud) -> Person:
    """Somebody who signed in where the new key is known, at a process that has seen only the one before."""
    keyring, access = layer("keys.keyring"), layer("keys.access_tokens")
    before = keyring.current_keyring()
    secret = layer("config").config().secret
    put = cloud.client("secretsmanager").put_secret_value
    newest = put(SecretId=secret, SecretString="a newer secret, which is as long as it has to be")["VersionId"]
    row = keyring.KeyringRow(newest=newest, previous=before.newest, public_keys=dict([access.public_key(newest)]))
    row.save()
    keyring.update_cache(row)
    ann = people.signed_in()
    keyring._cached = before
    assert call
    return ann
