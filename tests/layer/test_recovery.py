"""Recovery from outages: 503 before the function's timeout, and afterwards the same process serves the same session."""

import os
import runpy
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from functools import partial
from typing import Any
from unittest.mock import patch

import botocore.retries.quota
import pytest
from botocore.retries.quota import RetryQuota

from gatehouse.transport import ATTEMPTS, CONNECT_SECONDS, READ_SECONDS
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
BY_COOKIE = "GET /api/auth/token"  # verifies the cookie's signature, for which it needs the secret
API_GATEWAY_TIMEOUT = 30  # seconds
LONG_TIMEOUT, SHORT_TIMEOUT = 60.0, 0.1  # seconds


# -- Timeouts -------------------------------------------------------------------------


def worst_case() -> float:
    """Return the seconds until a client of either transport gives up: all attempts, and the longest pauses.

    A reused connection may turn out to be closed only after the read timeout, and does not count as an attempt.
    """
    pauses = sum(2.0**number for number in range(ATTEMPTS - 1))
    return ATTEMPTS * (CONNECT_SECONDS + READ_SECONDS) + pauses + READ_SECONDS


def failing_calls_of(function: Function) -> int:
    """Return how many calls a request makes when none is answered: it continues if its rate limit cannot be counted."""
    handler = runpy.run_path(str(function.folder / "handler.py"))["handler"]
    return 2 if handler.policy.rate_limit else 1


def test_an_unreachable_table_is_a_503_before_the_functions_timeout(template: Template, call: Api) -> None:
    """At its timeout, Lambda would respond with an error of its own."""
    assert call
    late = {
        function.name: function.timeout
        for function in template.functions.values()
        if function.name in {route.function for route in template.routes}
        and not worst_case() * failing_calls_of(function) < function.timeout < API_GATEWAY_TIMEOUT
    }

    assert late == {}


def test_an_unreachable_secret_is_a_503_before_the_functions_timeout(template: Template, call: Api) -> None:
    """A function reads it at most once."""
    assert call
    shortest = min(template.functions[route.function].timeout for route in template.routes)

    assert worst_case() < shortest


# -- DynamoDB unreachable, and back ---------------------------------------------------


class Endpoint:
    """A port for DynamoDB, reserved for the whole test."""

    def __init__(self) -> None:
        """Nobody listens."""
        self._open = ExitStack()
        self._reserved = self._bound(0)
        self.port: int = self._reserved.getsockname()[1]

    def refuse(self) -> None:
        """Refuse connections."""
        self._open.close()

    def hang(self) -> socket.socket:
        """Accept connections, and never respond."""
        self._open.close()
        listener = self._open.enter_context(self._bound(self.port))
        listener.listen()
        return listener

    def serve(self) -> None:
        """Serve DynamoDB."""
        self._open.enter_context(endpoint.serving(self.hang()))

    def close(self) -> None:
        """Release the port."""
        self._open.close()
        self._reserved.close()

    @staticmethod
    def _bound(port: int) -> socket.socket:
        bound = socket.socket()
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        bound.bind(("127.0.0.1", port))
        return bound


@pytest.fixture
def dynamodb_endpoint(call: Api, monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    """The only endpoint of DynamoDB during a test, with timeouts for a busy machine."""
    assert call
    dynamodb, dynamodb_endpoint = layer("dynamodb"), Endpoint()
    monkeypatch.setattr(dynamodb, "_TIMEOUTS", dict.fromkeys(dynamodb._TIMEOUTS, 1))  # cannot be changed for one call
    for name in ("CONNECT_SECONDS", "READ_SECONDS"):
        monkeypatch.setattr(layer("transport.client"), name, LONG_TIMEOUT)
    monkeypatch.setitem(os.environ, "AWS_ENDPOINT_URL_DYNAMODB", f"http://127.0.0.1:{dynamodb_endpoint.port}")
    dynamodb.connection.cache_clear()
    yield dynamodb_endpoint
    dynamodb_endpoint.close()
    dynamodb.connection.cache_clear()


@contextmanager
def short_timeout(client: Any) -> Iterator[None]:
    """Shorten the timeout of connections that our transport opens meanwhile."""
    with patch.object(client._pool, "_read_seconds", SHORT_TIMEOUT) if CHOSEN == "own" else nullcontext():
        yield


def test_after_refused_and_unanswered_connections_the_same_process_recovers(
    call: Api, people: People, dynamodb_endpoint: Endpoint, pauses: list[float]
) -> None:
    """The same handler, client and session: nobody is signed out."""
    dynamodb_endpoint.serve()
    ann = people.signed_in()

    def get_tasks() -> Response:
        return call(PROTECTED, cookies=[ann.cookie])

    assert get_tasks().status == 200
    client = layer("dynamodb").connection().client
    for fail in (dynamodb_endpoint.refuse, dynamodb_endpoint.hang):
        fail()
        pauses.clear()
        with short_timeout(client):
            assert_unavailable(get_tasks())
        assert len(pauses) == ATTEMPTS - 1
    dynamodb_endpoint.serve()

    assert get_tasks().status == 200


def test_after_the_retry_quota_is_used_up_the_process_recovers(
    call: Api, people: People, dynamodb_endpoint: Endpoint, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without quota a transport makes no retries, but it must still make first attempts."""
    monkeypatch.setattr(botocore.retries.quota, "RetryQuota", partial(RetryQuota, initial_capacity=30))  # for 500
    dynamodb_endpoint.serve()
    ann = people.signed_in()
    dynamodb_endpoint.refuse()
    for _ in range(4):
        pauses.clear()
        assert_unavailable(call(PROTECTED, bearer=ann.token))
    assert pauses == []
    dynamodb_endpoint.serve()

    assert call(PROTECTED, bearer=ann.token).status == 200


@pytest.mark.parametrize("route", [PROTECTED, "GET /api/auth/get-session"])
def test_unprocessed_keys_sign_nobody_out(
    call: Api, people: People, monkeypatch: pytest.MonkeyPatch, route: str
) -> None:
    """A throttled BatchGetItem succeeds, without some rows."""
    ann = people.signed_in()
    monkeypatch.setattr(layer("retries").time, "sleep", lambda _: None)

    with unprocessed_batches():
        assert_unavailable(call(route, cookies=[ann.cookie]))

    response = call(route, cookies=[ann.cookie])
    assert (response.status, response.text != "null") == (200, True)


# -- The secret unreachable, and back -------------------------------------------------


@pytest.fixture
def reset_caches(call: Api) -> Callable[[], None]:
    """Make the process forget secret and keyring: `reset_caches()`."""
    assert call

    def reset() -> None:
        secret, keyring = layer("keys.secret"), layer("keys.keyring")
        for cached in (secret._secret_value, secret.derived_key, layer("keys.access_tokens")._private_key):
            cached.cache_clear()
        keyring.clear_cache()

    return reset


OUTAGES = {
    "unreachable": UNREACHABLE,
    "throttled": client_error("ThrottlingException"),
    "broken": client_error("InternalServiceError", 500),
}
secret_outages = pytest.mark.parametrize("outage", OUTAGES.values(), ids=OUTAGES)


@secret_outages
def test_a_process_that_could_not_read_the_secret_reads_it_later(
    call: Api, people: People, reset_caches: Callable[[], None], outage: Exception
) -> None:
    """The failure is not cached, and a cookie that cannot be verified is not treated as invalid."""
    ann = people.signed_in()
    reset_caches()

    with failing_calls(outage, "GetSecretValue"):
        for _ in range(2):
            assert_unavailable(call(BY_COOKIE, cookies=[ann.cookie]))
            assert_unavailable(sign_in(call, ann.email))

    assert call(BY_COOKIE, cookies=[ann.cookie]).status == 200
    assert sign_in(call, ann.email).status == 200


@pytest.mark.parametrize("known", ["nothing", "the one before"])
def test_a_failed_read_of_the_keyring_is_repeated(  # noqa: PLR0917 -- five fixtures and a case
    call: Api,
    people: People,
    cloud: Cloud,
    reset_caches: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
    known: str,
) -> None:
    """Also for a cookie with a newer key than the cached ones: 503, then 200, and never 401."""
    ann = people.signed_in() if known == "nothing" else sign_in_with_a_newer_key(call, people, cloud)
    if known == "nothing":
        reset_caches()
    monkeypatch.setattr(layer("keys.macs"), "_last_refresh", float("-inf"))

    with failing_calls(UNREACHABLE, "BatchGetItem"):
        assert_unavailable(call(BY_COOKIE, cookies=[ann.cookie]))

    assert call(BY_COOKIE, cookies=[ann.cookie]).status == 200


def sign_in_with_a_newer_key(call: Api, people: People, cloud: Cloud) -> Person:
    """Sign in where the new key is known, in a process that has cached only the previous one."""
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
