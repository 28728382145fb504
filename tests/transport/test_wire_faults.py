"""A network and a DynamoDB that do all they can do wrong, on real sockets."""

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
from tests.transport.botocores import ours, told
from tests.transport.server import Act, Heard, Server, breaks_off, hangs, resets, says, sends, wire

KEY: dict[str, Any] = {"TableName": "T", "Key": {"sk": {"S": "x"}}}
ROW = {"sk": {"S": "x"}, "secret": {"B": b"\x00\xff"}}
OK = told({"Item": ROW})
HASTY, PATIENT = 0.15, 60.0  # seconds for each piece of an answer

pytestmark = pytest.mark.usefixtures("pauses")


def ask(client: Client) -> Any:
    """Read the row."""
    return real_call(client, "GetItem", KEY)


def refuses(code: str, status: int = 400, **headers: Any) -> Act:
    """An error of DynamoDB's."""
    return says(told({"__type": f"x#{code}", "message": "no"}, status, **headers))


@pytest.fixture
def client(server: Server) -> Client:
    """Ours, calling the server."""
    return ours(server.url, read_seconds=PATIENT)


def is_told_more(client: Client) -> None:
    """Wait until the server has said, or closed, more on the connection that nobody uses."""
    assert select.select([client._pool._idle[0].socket], [], [], PATIENT)[0]


PASSING: dict[str, Act] = {
    "nothing but the end": sends(b""),
    "reset": resets,
    "reset in the middle": breaks_off(OK),
    "half a line": sends(b"HTTP/1.1 20"),
    "half the headers": sends(b"HTTP/1.1 200 OK\r\nx-amzn-requestid: 1\r\n"),
    "half the headers of nothing": sends(b"HTTP/1.1 400 Bad\r\ncontent-length: 0\r\nx-amzn"),
    "half the body": sends(wire(OK)[:-9]),
    "another protocol": sends(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "no length": sends(b"HTTP/1.1 200 OK\r\n\r\n{}"),
    "headers without end": sends(b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 200, stays=True),
    "a wrong sum": says(told({"Item": {}}, crc=1)),
    "silence": hangs,
    "silence in the middle": lambda *given: sends(wire(OK)[:-9])(*given) or hangs(*given),
    "throttling": refuses("ThrottlingException"),
    "too much for the table": refuses("ProvisionedThroughputExceededException"),
    "an internal error": refuses("InternalServerError", 500),
    "a busy proxy": says(told(b"<html>busy</html>", 503)),
}
SILENT = {"silence", "silence in the middle"}


@pytest.mark.parametrize("trouble", PASSING)
def test_what_passes_is_tried_again(client: Client, server: Server, pauses: list[float], trouble: str) -> None:
    def act(*given: Any) -> bool:
        client._pool._read_seconds = PATIENT  # of connections that are yet to be opened
        return PASSING[trouble](*given)

    server.acts = [act, says(OK)]
    client._pool._read_seconds = HASTY if trouble in SILENT else PATIENT

    assert ask(client)["Item"] == ROW
    assert len(pauses) == 1
    assert len(server.heard) == 2


ERRORS = {
    "reset": "ConnectionClosedError",
    "half the body": "ConnectionClosedError",
    "headers without end": "ConnectionClosedError",
    "a wrong sum": "ChecksumError",
    "silence": "ReadTimeoutError",
    "throttling": "ClientError",
    "an internal error": "ClientError",
}


@pytest.mark.parametrize("trouble", ERRORS)
def test_what_does_not_pass_is_an_error_of_botocores(
    client: Client, server: Server, pauses: list[float], trouble: str
) -> None:
    server.acts = [PASSING[trouble]]
    client._pool._read_seconds = HASTY if trouble in SILENT else PATIENT

    with pytest.raises(Exception) as raised:  # noqa: PT011 -- which, is asked below
        ask(client)

    assert ERRORS[trouble] in {kind.__name__ for kind in type(raised.value).mro()}
    assert len(pauses) == 2
    wait_until(lambda: len(server.heard) == 3)


def test_nobody_there_is_tried_again(pauses: list[float]) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        client = ours(f"http://127.0.0.1:{nobody.getsockname()[1]}")

        with pytest.raises(Exception, match="Could not connect"):
            ask(client)

    assert len(pauses) == 2


def test_a_refusal_is_final(client: Client, server: Server, pauses: list[float]) -> None:
    server.acts = [refuses("ValidationException")]

    with pytest.raises(ClientError, match="ValidationException"):
        ask(client)

    assert (len(server.heard), pauses) == (1, [])


# -- Connections --------------------------------------------------------------------------


def test_calls_share_a_connection(client: Client, server: Server) -> None:
    server.acts = [says(OK)]
    for _ in range(3):
        ask(client)

    assert server.connections == 1


def test_one_that_is_opened_before_is_taken(client: Client, server: Server) -> None:
    """So that the first request need not wait for it; nothing is asked meanwhile."""
    server.acts = [says(OK)]
    client.open()
    assert server.heard == []

    ask(client)
    assert (len(server.heard), server.connections) == (1, 1)


def test_a_refusal_leaves_the_connection_as_it_was(client: Client, server: Server) -> None:
    server.acts = [refuses("ConditionalCheckFailedException"), says(OK)]
    with pytest.raises(ClientError):
        ask(client)
    ask(client)

    assert server.connections == 1


def test_a_connection_that_was_closed_between_calls_costs_nothing(
    client: Client, server: Server, pauses: list[float]
) -> None:
    """As happens to a function that was frozen for a while."""
    server.acts = [says(OK, stays=False), says(OK)]
    ask(client)
    is_told_more(client)

    assert ask(client)["ResponseMetadata"]["RetryAttempts"] == 0
    assert (server.connections, len(server.heard), pauses) == (2, 2, [])


@pytest.mark.parametrize("trouble", [sends(b""), resets], ids=["end", "reset"])
def test_a_connection_that_is_closed_just_as_it_is_used_costs_no_attempt(
    client: Client, server: Server, pauses: list[float], trouble: Act
) -> None:
    server.acts = [says(OK), trouble, says(OK)]
    ask(client)

    assert ask(client)["ResponseMetadata"]["RetryAttempts"] == 0
    assert (server.connections, len(server.heard), pauses) == (2, 3, [])


def test_one_that_is_closed_in_the_middle_of_an_answer_costs_an_attempt(
    client: Client, server: Server, pauses: list[float]
) -> None:
    """DynamoDB has done what it was asked to do."""
    server.acts = [says(OK), sends(wire(OK)[:-9]), says(OK)]
    ask(client)

    assert ask(client)["ResponseMetadata"]["RetryAttempts"] == 1
    assert len(pauses) == 1


def test_what_was_said_before_anybody_asked_is_no_answer(client: Client, server: Server) -> None:
    """Some servers say that they have waited long enough."""

    def tired(connected: socket.socket, heard: Heard) -> bool:
        says(OK)(connected, heard)
        wait_until(lambda: client._pool._idle)  # or it would come with the answer
        return sends(wire(told(b"", 408)))(connected, heard)

    server.acts = [tired, says(OK)]
    ask(client)
    is_told_more(client)

    assert ask(client)["Item"] == ROW
    assert [one.connection for one in server.heard] == [1, 2]


def test_when_one_connection_was_closed_the_others_are_not_tried(client: Client, server: Server) -> None:
    """They are as old."""
    server.acts = [says(OK), sends(b""), says(OK)]
    client._pool._idle.append(client._pool._connect())
    ask(client)
    client._pool._idle.appendleft(client._pool._connect())
    ask(client)

    assert len(client._pool._idle) == 1


def test_a_new_connection_that_is_closed_does(client: Client, server: Server, pauses: list[float]) -> None:
    """Or there would be no end to it."""
    server.acts = [says(OK), resets, resets, says(OK)]
    ask(client)

    assert ask(client)["ResponseMetadata"]["RetryAttempts"] == 1
    assert len(pauses) == 1


@pytest.mark.parametrize("start", [b"HTTP/1.0 200 OK\r\n", b"HTTP/1.1 200 OK\r\nConnection: close\r\n"])
def test_a_connection_that_is_to_be_closed_is(client: Client, server: Server, start: bytes) -> None:
    server.acts = [sends(start + b"Content-Length: 2\r\n\r\n{}", stays=True), says(OK)]
    ask(client)
    ask(client)

    assert server.connections == 2


def test_an_answer_in_chunks_is_put_together(client: Client, server: Server) -> None:
    """DynamoDB sends none, but what stands in for it may."""
    pieces = [b'{"Item": ', b'{"a":{"S":"b"}', b"}}"]
    body = b"".join(b"%x;x=y\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\nx: y\r\n\r\n"
    server.acts = [sends(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body, stays=True)]

    assert [ask(client)["Item"] for _ in range(2)] == [{"a": {"S": "b"}}] * 2
    assert server.connections == 1


def test_hung_up_is_no_longer_connected_and_works_again(client: Client, server: Server) -> None:
    server.acts = [says(OK)]
    ask(client)
    client.close()
    ask(client)

    assert server.connections == 2


def test_many_threads_get_what_each_asked_for(client: Client, server: Server) -> None:
    """And no more connections are kept than botocore would keep."""
    found: list[bool] = []
    together = Barrier(12)

    def echoes(connected: socket.socket, heard: Heard) -> bool:
        return says(told({"Item": json.loads(heard.body)["Key"]}))(connected, heard)

    def work(name: int) -> None:
        together.wait()
        for number in range(5):
            key = {"sk": {"S": f"{name}/{number}"}}
            found.append(key == real_call(client, "GetItem", {"TableName": "T", "Key": key})["Item"])

    server.acts = [echoes]
    threads = [Thread(target=work, args=(name,)) for name in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [True] * 60
    assert len(client._pool._idle) <= 10


# -- Clocks -------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["InvalidSignatureException", "RequestTimeTooSkewed"])
def test_a_clock_that_is_wrong_is_set_once(client: Client, server: Server, pauses: list[float], code: str) -> None:
    """By the time of the answer; all calls after it are right at once."""
    date = formatdate(time.time() + 3600, usegmt=True)
    server.acts = [refuses(code, 403, date=date), says(OK)]
    ask(client)
    ask(client)
    first, *later = [one.headers["x-amz-date"] for one in server.heard]

    assert len(later) == 2
    assert all(moment[:11] != first[:11] for moment in later)
    assert pauses == []


@pytest.mark.parametrize("date", ["now", "soon", ""])
def test_a_signature_that_is_wrong_at_the_right_time_is_an_error(client: Client, server: Server, date: str) -> None:
    server.acts = [refuses("InvalidSignatureException", 403, date=formatdate(usegmt=True) if date == "now" else date)]

    with pytest.raises(ClientError, match="InvalidSignatureException"):
        ask(client)

    assert len(server.heard) == 1


def test_a_clock_that_stays_wrong_ends(client: Client, server: Server) -> None:
    dates = [formatdate(time.time() + 3600 * hours, usegmt=True) for hours in range(1, 9)]
    server.acts = [refuses("InvalidSignatureException", 403, date=date) for date in dates]

    with pytest.raises(ClientError, match="InvalidSignatureException"):
        ask(client)

    assert len(server.heard) == 3
