"""Faults of the network and of DynamoDB, on real sockets."""

import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from threading import Barrier
from typing import Any
from unittest.mock import patch

import pytest
from botocore.exceptions import (
    ChecksumError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from gatehouse.transport.client import Client
from tests.support.concurrency import wait_until
from tests.support.transport import real_call
from tests.transport.client_pair import OK, ROW, dynamodb_response, get_row, own_client
from tests.transport.server import (
    Behaviour,
    Request,
    Server,
    hang,
    refuse,
    reset,
    reset_midway,
    respond,
    send_bytes,
    wire,
)

SHORT_TIMEOUT, LONG_TIMEOUT = 0.1, 60.0  # seconds for each part of a response
HALF = wire(OK)[:-9]
LENGTH_2 = b"Content-Length: 2\r\n\r\n{}"

pytestmark = pytest.mark.usefixtures("pauses")


@pytest.fixture
def client(server: Server) -> Client:
    """Our client, connected to the server."""
    return own_client(server.url, read_seconds=LONG_TIMEOUT)


END_OF_HEADERS_MISSING = b"HTTP/1.1 400 Bad\r\ncontent-length: 0\r\nx-amzn"
FAULTS: dict[str, tuple[Behaviour, type[Exception]]] = {  # with the error, if the fault lasts
    "closed without a response": (send_bytes(b""), ConnectionClosedError),
    "reset": (reset, ConnectionClosedError),
    "reset midway": (reset_midway, ConnectionClosedError),
    "half a line": (send_bytes(b"HTTP/1.1 20"), ConnectionClosedError),
    "half the headers": (send_bytes(b"HTTP/1.1 200 OK\r\nx-amzn-requestid: 1\r\n"), ConnectionClosedError),
    "half the headers of an empty response": (send_bytes(END_OF_HEADERS_MISSING), ConnectionClosedError),
    "half the body": (send_bytes(HALF), ConnectionClosedError),
    "another protocol": (send_bytes(b"SSH-2.0-OpenSSH_9.6\r\n"), ConnectionClosedError),
    "no length": (send_bytes(b"HTTP/1.1 200 OK\r\n\r\n{}"), ConnectionClosedError),
    "too many headers": (send_bytes(b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 200, keep_open=True), ConnectionClosedError),
    "two responses": (send_bytes(wire(OK) * 2, keep_open=True), ConnectionClosedError),
    "a wrong checksum": (respond(dynamodb_response({"Item": {}}, crc=1)), ChecksumError),
    "no response": (hang, ReadTimeoutError),
    "no end of the response": (lambda *given: send_bytes(HALF)(*given) or hang(*given), ReadTimeoutError),
    "throttling": (refuse("ThrottlingException"), ClientError),
    "an internal error": (refuse("InternalServerError", 500), ClientError),
    "a busy proxy": (respond(dynamodb_response(b"<html>busy</html>", 503)), ClientError),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_retried_and_if_it_lasts_botocores_error_is_raised(
    client: Client, server: Server, pauses: list[float], fault: str
) -> None:
    behaviour, error = FAULTS[fault]

    def behave_once(*given: Any) -> bool:
        client._pool._read_seconds = LONG_TIMEOUT  # for connections opened later
        return behaviour(*given)

    server.behaviours = [behave_once, respond(OK)]
    client._pool._read_seconds = timeout = SHORT_TIMEOUT if error is ReadTimeoutError else LONG_TIMEOUT
    assert get_row(client)["Item"] == ROW
    assert (len(pauses), len(server.requests)) == (1, 2)

    client.close()
    client._pool._read_seconds, server.behaviours = timeout, [behaviour]
    with pytest.raises(error):
        get_row(client)

    assert len(pauses) == 3
    wait_until(lambda: len(server.requests) == 5)


@pytest.mark.parametrize(
    ("cause", "error"), [(ConnectionRefusedError, EndpointConnectionError), (TimeoutError, ConnectTimeoutError)]
)
def test_a_failure_to_connect_is_retried(client: Client, pauses: list[float], cause: Any, error: Any) -> None:
    with patch.object(socket, "create_connection", side_effect=cause) as connect, pytest.raises(error):
        get_row(client)

    assert [call.kwargs for call in connect.call_args_list] == [{"timeout": 60}] * 3
    assert len(pauses) == 2


@pytest.mark.parametrize(
    ("behaviours", "connections"),
    [
        ([respond(OK)], 1),
        ([refuse("ConditionalCheckFailedException"), respond(OK)], 1),
        ([refuse("ValidationException"), respond(OK)], 1),
        ([send_bytes(b"HTTP/1.0 200 OK\r\n" + LENGTH_2, keep_open=True), respond(OK)], 2),
        ([send_bytes(b"HTTP/1.1 200 OK\r\nConnection: close\r\n" + LENGTH_2, keep_open=True), respond(OK)], 2),
        ([respond(OK), send_bytes(HALF), respond(OK)], 2),  # an attempt: DynamoDB may have executed the request
    ],
    ids=["result", "failed condition", "wrong request", "HTTP/1.0", "Connection: close", "cut off"],
)
def test_calls_share_a_connection_that_the_server_keeps(
    client: Client, server: Server, pauses: list[float], behaviours: list[Behaviour], connections: int
) -> None:
    """Errors that are not transient are not retried."""
    server.behaviours = [*behaviours]
    for _ in range(2):
        try:
            get_row(client)
        except ClientError:
            assert len(server.requests) == 1
    assert server.connections == connections
    assert len(pauses) == len(server.requests) - 2 == (len(behaviours) == 3)

    client.close()
    get_row(client)
    assert server.connections == connections + 1


def test_a_chunked_response_is_decoded(client: Client, server: Server) -> None:
    """DynamoDB sends none, but its emulators may."""
    pieces = [b'{"Item": ', b'{"a":{"S":"b"}', b"}}"]
    body = b"".join(b"%x;x=y\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\nx: y\r\n\r\n"
    server.behaviours = [send_bytes(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body, keep_open=True)]

    assert [get_row(client)["Item"] for _ in range(2)] == [{"a": {"S": "b"}}] * 2
    assert server.connections == 1


def test_concurrent_calls_get_their_own_responses(client: Client, server: Server) -> None:
    """And the pool has no more idle connections than botocore's."""
    barrier = Barrier(12)

    def echo(connected: socket.socket, request: Request) -> bool:
        return respond(dynamodb_response({"Item": json.loads(request.body)["Key"]}))(connected, request)

    def is_correct(name: int) -> list[bool]:
        barrier.wait()
        keys = [{"sk": {"S": f"{name}/{number}"}} for number in range(5)]
        return [key == real_call(client, "GetItem", {"TableName": "T", "Key": key})["Item"] for key in keys]

    server.behaviours = [echo]
    with ThreadPoolExecutor(12) as threads:
        assert [*threads.map(is_correct, range(12))] == [[True] * 5] * 12
    assert len(client._pool._idle) <= 10


# -- Clocks -------------------------------------------------------------------------------

HOUR = 3600


@pytest.mark.parametrize("code", ["InvalidSignatureException", "RequestTimeTooSkewed"])
def test_a_wrong_clock_is_corrected_once(client: Client, server: Server, pauses: list[float], code: str) -> None:
    """By the response's date; later calls need no retry."""
    server.behaviours = [refuse(code, 403, date=formatdate(time.time() + HOUR, usegmt=True)), respond(OK)]
    for _ in range(2):
        get_row(client)
    first, *later = [one.headers["x-amz-date"][:11] for one in server.requests]

    assert len(later) == 2
    assert first not in later
    assert pauses == []


@pytest.mark.parametrize(
    ("ahead", "attempts"),
    [([0], 1), (["soon"], 1), ([""], 1), ([HOUR * hours for hours in range(1, 9)], 3)],
    ids=["right", "no date", "none", "wrong again and again"],
)
def test_a_signature_error_that_the_clock_does_not_explain_is_raised(
    client: Client, server: Server, ahead: list[Any], attempts: int
) -> None:
    dates = [one if isinstance(one, str) else formatdate(time.time() + one, usegmt=True) for one in ahead]
    server.behaviours = [refuse("InvalidSignatureException", 403, date=date) for date in dates]

    with pytest.raises(ClientError, match="InvalidSignatureException"):
        get_row(client)

    assert len(server.requests) == attempts
