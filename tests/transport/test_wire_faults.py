"""Faults of the network and of DynamoDB, on real sockets."""

import json
import socket
import time
from datetime import datetime
from email.utils import formatdate
from threading import Barrier
from typing import Any
from unittest.mock import patch

import pytest

from gatehouse.transport.client import Client
from tests.support.concurrency import run_concurrently, wait_until
from tests.support.scripted_service import Behaviour, Request, ScriptedService, close, hang, reset, send
from tests.support.transport import real_call, real_open
from tests.transport.client_pair import FOUND, ROW, WHOLE, outcome, own_client, refuse, respond

pytestmark = pytest.mark.usefixtures("pauses")


@pytest.fixture
def client(server: ScriptedService) -> Client:
    """Our client, connected to the server."""
    return own_client(server.url)


CUT = send(WHOLE[:-9], then=close)


def with_headers(number: int) -> Behaviour:
    """Send the row with further headers."""
    return send(WHOLE.replace(b"\r\n", b"\r\n" + b"x: y\r\n" * number, 1))


FAULTS: dict[str, tuple[Behaviour, str]] = {  # with the error, if the fault lasts
    "closed without a response": (close, "NoResponse"),
    "reset": (reset, "NoResponse"),
    "half a line": (send(WHOLE[:9], then=close), "ConnectionClosedError"),
    "half the headers": (send(WHOLE[:99], then=close), "ConnectionClosedError"),
    "half the body": (CUT, "ConnectionClosedError"),
    "another protocol": (send(b"SSH-2.0-OpenSSH_9.6\r\n"), "ConnectionClosedError"),
    "no length": (send(b"HTTP/1.1 200 OK\r\n\r\n{}", then=close), "ConnectionClosedError"),
    "too many headers": (with_headers(100), "ConnectionClosedError"),
    "two responses": (send(WHOLE * 2), "ConnectionClosedError"),
    "no response": (hang, "ReadTimeoutError"),
    "no end of the response": (send(WHOLE[:-9]), "ReadTimeoutError"),
    "a wrong checksum": (respond({"Item": ROW}, crc=1), "ChecksumError"),
    # Botocore takes some of these for an empty result, which would mean that the session does not exist.
    "truncated JSON": (respond(b'{"Item": {"sk"'), "HTTPClientError"),
    "a list": (respond(b"[]"), "HTTPClientError"),
    "not UTF-8": (respond(b"\xff"), "HTTPClientError"),
    "throttling": (refuse("ThrottlingException"), "ThrottlingException"),
    "a busy proxy": (respond(b"<html>busy</html>", 503), "503"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_retried_and_if_it_lasts_botocores_error_is_raised(
    client: Client, server: ScriptedService, pauses: list[float], fault: str
) -> None:
    """A connection is kept only after a whole response."""
    behaviour, error = FAULTS[fault]
    server.behaviours = [behaviour]
    if error == "ReadTimeoutError":
        client._pool._read_seconds = 0.1

    assert outcome(client) == error
    wait_until(lambda: len(server.requests) == 3)
    whole = error not in {"NoResponse", "ConnectionClosedError", "ReadTimeoutError"}
    assert [one.connection for one in server.requests] == ([1, 1, 1] if whole else [1, 2, 3])
    assert len(pauses) == 2


def test_after_a_silent_connection_no_other_idle_one_is_tried(client: Client, server: ScriptedService) -> None:
    """They are as old, and each could cost an attempt."""
    server.behaviours = [hang, FOUND]
    for _ in range(2):
        real_open(client._pool)
        client._pool._idle[-1].settimeout(0.1)

    assert outcome(client) == 1
    assert [one.connection for one in server.requests] == [2, 3]


@pytest.mark.parametrize(
    ("cause", "error"), [(ConnectionRefusedError, "EndpointConnectionError"), (TimeoutError, "ConnectTimeoutError")]
)
def test_a_failure_to_connect_is_retried(client: Client, pauses: list[float], cause: Any, error: str) -> None:
    with patch.object(socket, "create_connection", side_effect=cause) as connect:
        assert outcome(client) == error

    assert [call.kwargs for call in connect.call_args_list] == [{"timeout": client._pool._connect_seconds}] * 3
    assert len(pauses) == 2


def clock(hours: float, code: str = "InvalidSignatureException", *, accepted: float = 300) -> Behaviour:
    """Refuse requests that are not signed at the time of a clock that is ahead of ours."""

    def behaviour(*given: Any) -> object:
        now, signed = time.time() + hours * 3600, datetime.fromisoformat(given[1].headers["x-amz-date"]).timestamp()
        refused = refuse(code, 403, date=formatdate(now, usegmt=True))
        return (FOUND if abs(signed - now) < accepted else refused)(*given)

    return behaviour


BODY = WHOLE.partition(b"\r\n\r\n")[2]
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"".join(
    b"%x;x=y\r\n%s\r\n" % (len(piece), piece) for piece in (BODY[:9], BODY[9:], b"")
)
CALLS: dict[str, tuple[list[Behaviour], list[int | str], str]] = {  # outcomes of the calls, connection of each request
    "results": ([FOUND], [0, 0], "11"),
    "many headers": ([with_headers(90)], [0, 0], "11"),
    "chunks, as emulators send": ([send(CHUNKED)], [0, 0], "11"),
    "HTTP/1.0": ([send(WHOLE.replace(b"1.1", b"1.0", 1))], [0, 0], "12"),
    "Connection: close": ([respond({"Item": ROW}, connection="close")], [0, 0], "12"),
    # An attempt: DynamoDB may have executed the request.
    "cut off": ([FOUND, CUT, FOUND], [0, 1], "112"),
    # Errors that are not transient.
    "a failed condition": ([refuse("ConditionalCheckFailedException")], ["ConditionalCheckFailedException"] * 2, "11"),
    "a wrong request": ([refuse("ValidationException")], ["ValidationException"] * 2, "11"),
    "expired credentials of the environment": ([refuse("ExpiredTokenException")], ["ExpiredTokenException"], "1"),
    # The clock is corrected, once for the same cause.
    "wrong clock": ([clock(1)], [1, 0], "111"),
    "wrong clock, another code": ([clock(1, "RequestTimeTooSkewed")], [1, 0], "111"),
    "wrong clock, Secrets Manager's code": ([clock(1, "RequestExpired")], [1, 0], "111"),
    "wrong clock, then right again": ([clock(1), clock(1), clock(0)], [1, 1], "1111"),
    "wrong again and again": ([clock(1), clock(2), clock(3)], ["InvalidSignatureException"], "111"),
    "right clock, wrong signature": ([clock(0, accepted=0)], ["InvalidSignatureException"] * 2, "11"),
    "wrong clock and signature": ([clock(1, accepted=0)], ["InvalidSignatureException"] * 2, "111"),
    "no date": ([refuse("InvalidSignatureException", 403)], ["InvalidSignatureException"], "1"),
    "wrong date": ([refuse("InvalidSignatureException", 403, date="soon")], ["InvalidSignatureException"], "1"),
}


@pytest.mark.parametrize("case", CALLS)
def test_calls_are_retried_if_that_helps_on_a_connection_that_the_server_keeps(
    client: Client, server: ScriptedService, pauses: list[float], case: str
) -> None:
    behaviours, outcomes, connections = CALLS[case]
    server.behaviours = [*behaviours]

    assert [outcome(client) for _ in outcomes] == outcomes
    assert [one.connection for one in server.requests] == [int(number) for number in connections]
    unsigned = {(one.headers["user-agent"], one.headers["accept-encoding"]) for one in server.requests}
    assert unsigned == {("gatehouse", "identity")}
    assert len(pauses) == (case == "cut off")


def test_concurrent_calls_get_their_own_responses(client: Client, server: ScriptedService) -> None:
    """And the pool keeps as many connections as botocore's, until it is closed."""
    all_at_once = Barrier(12, timeout=20)

    def echo(connected: socket.socket, request: Request) -> None:
        all_at_once.wait()
        respond({"Item": json.loads(request.body)["Key"]})(connected, request)

    def is_correct(name: int) -> list[bool]:
        keys = [{"sk": {"S": f"{name}/{number}"}} for number in range(5)]
        return [key == real_call(client, "GetItem", {"TableName": "T", "Key": key})["Item"] for key in keys]

    server.behaviours = [echo]
    assert run_concurrently(is_correct, range(12)) == [[True] * 5] * 12
    assert len(client._pool._idle) == 10
    client.close()
    assert not client._pool._idle
