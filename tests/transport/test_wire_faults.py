"""Faults of the network and of DynamoDB, on real sockets."""

import json
import select
import socket
import time
from email.utils import formatdate
from threading import Barrier, Thread
from typing import Any

import pytest
from botocore.exceptions import ClientError

from gatehouse.transport.client import Client
from tests.support.concurrency import wait_until
from tests.support.transport import real_call
from tests.transport.client_pair import dynamodb_response, own_client
from tests.transport.server import Behaviour, Request, Server, hang, reset, reset_midway, respond, send_bytes, wire

KEY: dict[str, Any] = {"TableName": "T", "Key": {"sk": {"S": "x"}}}
ROW = {"sk": {"S": "x"}, "secret": {"B": b"\x00\xff"}}
OK = dynamodb_response({"Item": ROW})
SHORT_TIMEOUT, LONG_TIMEOUT = 0.15, 60.0  # seconds for each part of a response

pytestmark = pytest.mark.usefixtures("pauses")


def get_row(client: Client) -> Any:
    """Read the row."""
    return real_call(client, "GetItem", KEY)


def refuse(code: str, status: int = 400, **headers: Any) -> Behaviour:
    """Respond with an error of DynamoDB."""
    return respond(dynamodb_response({"__type": f"x#{code}", "message": "no"}, status, **headers))


@pytest.fixture
def client(server: Server) -> Client:
    """Our client, connected to the server."""
    return own_client(server.url, read_seconds=LONG_TIMEOUT)


def wait_for_idle_data(client: Client) -> None:
    """Wait until the idle connection has data to read, or was closed by the server."""
    assert select.select([client._pool._idle[0]], [], [], LONG_TIMEOUT)[0]


TRANSIENT: dict[str, Behaviour] = {
    "closed without a response": send_bytes(b""),
    "reset": reset,
    "reset midway": reset_midway(OK),
    "half a line": send_bytes(b"HTTP/1.1 20"),
    "half the headers": send_bytes(b"HTTP/1.1 200 OK\r\nx-amzn-requestid: 1\r\n"),
    "half the headers of an empty response": send_bytes(b"HTTP/1.1 400 Bad\r\ncontent-length: 0\r\nx-amzn"),
    "half the body": send_bytes(wire(OK)[:-9]),
    "another protocol": send_bytes(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "no length": send_bytes(b"HTTP/1.1 200 OK\r\n\r\n{}"),
    "headers without end": send_bytes(b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 200, keep_open=True),
    "a wrong checksum": respond(dynamodb_response({"Item": {}}, crc=1)),
    "no response": hang,
    "no end of the response": lambda *given: send_bytes(wire(OK)[:-9])(*given) or hang(*given),
    "throttling": refuse("ThrottlingException"),
    "exceeded throughput": refuse("ProvisionedThroughputExceededException"),
    "an internal error": refuse("InternalServerError", 500),
    "a busy proxy": respond(dynamodb_response(b"<html>busy</html>", 503)),
}
TIMEOUTS = {"no response", "no end of the response"}


@pytest.mark.parametrize("fault", TRANSIENT)
def test_a_transient_fault_is_retried(client: Client, server: Server, pauses: list[float], fault: str) -> None:
    def behave(*given: Any) -> bool:
        client._pool._read_seconds = LONG_TIMEOUT  # for connections opened later
        return TRANSIENT[fault](*given)

    server.behaviours = [behave, respond(OK)]
    client._pool._read_seconds = SHORT_TIMEOUT if fault in TIMEOUTS else LONG_TIMEOUT

    assert get_row(client)["Item"] == ROW
    assert len(pauses) == 1
    assert len(server.requests) == 2


ERRORS = {
    "reset": "ConnectionClosedError",
    "half the body": "ConnectionClosedError",
    "headers without end": "ConnectionClosedError",
    "a wrong checksum": "ChecksumError",
    "no response": "ReadTimeoutError",
    "throttling": "ClientError",
    "an internal error": "ClientError",
}


@pytest.mark.parametrize("fault", ERRORS)
def test_a_lasting_fault_raises_botocores_error(
    client: Client, server: Server, pauses: list[float], fault: str
) -> None:
    server.behaviours = [TRANSIENT[fault]]
    client._pool._read_seconds = SHORT_TIMEOUT if fault in TIMEOUTS else LONG_TIMEOUT

    with pytest.raises(Exception) as raised:  # noqa: PT011 -- the type is asserted below
        get_row(client)

    assert ERRORS[fault] in {kind.__name__ for kind in type(raised.value).mro()}
    assert len(pauses) == 2
    wait_until(lambda: len(server.requests) == 3)


def test_a_refused_connection_is_retried(pauses: list[float]) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        client = own_client(f"http://127.0.0.1:{unused.getsockname()[1]}")

        with pytest.raises(Exception, match="Could not connect"):
            get_row(client)

    assert len(pauses) == 2


def test_a_client_error_is_not_retried(client: Client, server: Server, pauses: list[float]) -> None:
    server.behaviours = [refuse("ValidationException")]

    with pytest.raises(ClientError, match="ValidationException"):
        get_row(client)

    assert (len(server.requests), pauses) == (1, [])


# -- Connections --------------------------------------------------------------------------


def test_calls_share_a_connection(client: Client, server: Server) -> None:
    server.behaviours = [respond(OK)]
    for _ in range(3):
        get_row(client)

    assert server.connections == 1


def test_a_connection_opened_in_advance_is_used(client: Client, server: Server) -> None:
    """The first request need not wait for it; opening it sends no request."""
    server.behaviours = [respond(OK)]
    client.open()
    assert server.requests == []

    get_row(client)
    assert (len(server.requests), server.connections) == (1, 1)


def test_an_error_keeps_the_connection_open(client: Client, server: Server) -> None:
    server.behaviours = [refuse("ConditionalCheckFailedException"), respond(OK)]
    with pytest.raises(ClientError):
        get_row(client)
    get_row(client)

    assert server.connections == 1


def test_a_connection_closed_between_calls_costs_no_attempt(
    client: Client, server: Server, pauses: list[float]
) -> None:
    """As after a function was frozen."""
    server.behaviours = [respond(OK, keep_open=False), respond(OK)]
    get_row(client)
    wait_for_idle_data(client)

    assert get_row(client)["ResponseMetadata"]["RetryAttempts"] == 0
    assert (server.connections, len(server.requests), pauses) == (2, 2, [])


@pytest.mark.parametrize("fault", [send_bytes(b""), reset], ids=["end", "reset"])
def test_a_connection_closed_during_a_request_costs_no_attempt(
    client: Client, server: Server, pauses: list[float], fault: Behaviour
) -> None:
    server.behaviours = [respond(OK), fault, respond(OK)]
    get_row(client)

    assert get_row(client)["ResponseMetadata"]["RetryAttempts"] == 0
    assert (server.connections, len(server.requests), pauses) == (2, 3, [])


def test_a_connection_closed_during_a_response_costs_an_attempt(
    client: Client, server: Server, pauses: list[float]
) -> None:
    """DynamoDB may have executed the request."""
    server.behaviours = [respond(OK), send_bytes(wire(OK)[:-9]), respond(OK)]
    get_row(client)

    assert get_row(client)["ResponseMetadata"]["RetryAttempts"] == 1
    assert len(pauses) == 1


def test_an_unsolicited_response_is_not_taken_for_the_next_one(client: Client, server: Server) -> None:
    """Some servers send 408 before they close an idle connection."""

    def send_timeout(connected: socket.socket, request: Request) -> bool:
        respond(OK)(connected, request)
        wait_until(lambda: client._pool._idle)  # otherwise it would arrive with the response
        return send_bytes(wire(dynamodb_response(b"", 408)))(connected, request)

    server.behaviours = [send_timeout, respond(OK)]
    get_row(client)
    wait_for_idle_data(client)

    assert get_row(client)["Item"] == ROW
    assert [one.connection for one in server.requests] == [1, 2]


def test_one_closed_connection_discards_the_other_idle_ones(client: Client, server: Server) -> None:
    """They are as old."""
    server.behaviours = [respond(OK), send_bytes(b""), respond(OK)]
    client._pool._idle.append(client._pool._connect())
    get_row(client)
    client._pool._idle.appendleft(client._pool._connect())
    get_row(client)

    assert len(client._pool._idle) == 1


def test_a_new_connection_that_is_closed_costs_an_attempt(client: Client, server: Server, pauses: list[float]) -> None:
    """Otherwise the number of attempts would have no limit."""
    server.behaviours = [respond(OK), reset, reset, respond(OK)]
    get_row(client)

    assert get_row(client)["ResponseMetadata"]["RetryAttempts"] == 1
    assert len(pauses) == 1


@pytest.mark.parametrize("start", [b"HTTP/1.0 200 OK\r\n", b"HTTP/1.1 200 OK\r\nConnection: close\r\n"])
def test_a_connection_that_the_server_will_close_is_not_reused(client: Client, server: Server, start: bytes) -> None:
    server.behaviours = [send_bytes(start + b"Content-Length: 2\r\n\r\n{}", keep_open=True), respond(OK)]
    get_row(client)
    get_row(client)

    assert server.connections == 2


def test_a_chunked_response_is_decoded(client: Client, server: Server) -> None:
    """DynamoDB sends none, but its emulators may."""
    pieces = [b'{"Item": ', b'{"a":{"S":"b"}', b"}}"]
    body = b"".join(b"%x;x=y\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\nx: y\r\n\r\n"
    server.behaviours = [send_bytes(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body, keep_open=True)]

    assert [get_row(client)["Item"] for _ in range(2)] == [{"a": {"S": "b"}}] * 2
    assert server.connections == 1


def test_after_close_a_call_opens_a_new_connection(client: Client, server: Server) -> None:
    server.behaviours = [respond(OK)]
    get_row(client)
    client.close()
    get_row(client)

    assert server.connections == 2


def test_concurrent_calls_get_their_own_responses(client: Client, server: Server) -> None:
    """And the pool has no more idle connections than botocore's."""
    correct: list[bool] = []
    barrier = Barrier(12)

    def echo(connected: socket.socket, request: Request) -> bool:
        return respond(dynamodb_response({"Item": json.loads(request.body)["Key"]}))(connected, request)

    def work(name: int) -> None:
        barrier.wait()
        for number in range(5):
            key = {"sk": {"S": f"{name}/{number}"}}
            correct.append(key == real_call(client, "GetItem", {"TableName": "T", "Key": key})["Item"])

    server.behaviours = [echo]
    threads = [Thread(target=work, args=(name,)) for name in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert correct == [True] * 60
    assert len(client._pool._idle) <= 10


# -- Clocks -------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["InvalidSignatureException", "RequestTimeTooSkewed"])
def test_a_wrong_clock_is_corrected_once(client: Client, server: Server, pauses: list[float], code: str) -> None:
    """By the response's date; later calls need no retry."""
    date = formatdate(time.time() + 3600, usegmt=True)
    server.behaviours = [refuse(code, 403, date=date), respond(OK)]
    get_row(client)
    get_row(client)
    first, *later = [one.headers["x-amz-date"] for one in server.requests]

    assert len(later) == 2
    assert all(later_date[:11] != first[:11] for later_date in later)
    assert pauses == []


@pytest.mark.parametrize("date", ["now", "soon", ""])
def test_a_signature_error_at_the_right_time_is_raised(client: Client, server: Server, date: str) -> None:
    server.behaviours = [
        refuse("InvalidSignatureException", 403, date=formatdate(usegmt=True) if date == "now" else date)
    ]

    with pytest.raises(ClientError, match="InvalidSignatureException"):
        get_row(client)

    assert len(server.requests) == 1


def test_a_clock_that_stays_wrong_is_not_corrected_for_ever(client: Client, server: Server) -> None:
    dates = [formatdate(time.time() + 3600 * hours, usegmt=True) for hours in range(1, 9)]
    server.behaviours = [refuse("InvalidSignatureException", 403, date=date) for date in dates]

    with pytest.raises(ClientError, match="InvalidSignatureException"):
        get_row(client)

    assert len(server.requests) == 3
