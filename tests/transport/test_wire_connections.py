"""Kept connections, plain and over TLS, are used only while they are open; TLS accepts only trusted certificates."""

import ipaddress
import os
import select
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from botocore.exceptions import SSLError
from cryptography.x509 import DNSName, IPAddress

from gatehouse.transport.client import Client
from gatehouse.transport.connections import AUTHORITIES, ConnectionPool
from tests.support.concurrency import wait_until
from tests.support.scripted_service import LOCALHOST, Behaviour, ScriptedService, close, reset, send, write_certificate
from tests.support.transport import real_open
from tests.transport.client_pair import FOUND, READ_TIMEOUT, WHOLE, get_row, outcome, own_client, respond

VERSIONS = {"plain": None, "TLS 1.2": ssl.TLSVersion.TLSv1_2, "TLS 1.3": ssl.TLSVersion.TLSv1_3}


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost."""
    return write_certificate(tmp_path_factory.mktemp("tls"), LOCALHOST)


@pytest.fixture(params=VERSIONS)
def server(request: Any, trusted: Path) -> Iterator[ScriptedService]:
    """A server in each version of TLS and without it."""
    version = VERSIONS[request.param]
    with ScriptedService(trusted, version) if version else ScriptedService() as one:
        one.behaviours = [FOUND]
        yield one


@pytest.fixture
def client(server: ScriptedService, trusted: Path, monkeypatch: pytest.MonkeyPatch) -> Client:
    """Our client, which may open connections in advance."""
    monkeypatch.setattr(ConnectionPool, "open", real_open)
    return own_client(server.url, ca_bundle=str(trusted))


def wait_until_readable(connection: socket.socket) -> None:
    """Wait until a connection has data to read, or was closed by the server."""
    assert select.select([connection], [], [], 60)[0]


def test_a_connection_opened_in_advance_serves_the_calls(client: Client, server: ScriptedService) -> None:
    """Although the session tickets of TLS 1.3 make it readable; opening it sends no request."""
    client.open()
    (opened,) = client._pool._idle
    if isinstance(opened, ssl.SSLSocket) and opened.version() == "TLSv1.3":
        wait_until_readable(opened)
    assert server.requests == []

    assert [outcome(client) for _ in range(5)] == [0] * 5
    assert (server.connections, len(server.requests)) == (1, 5)
    assert list(client._pool._idle) == [opened]
    assert opened.gettimeout() == READ_TIMEOUT


def test_session_tickets_in_two_parts_leave_a_connection_open(trusted: Path) -> None:
    """The second part arrives with the response."""
    context, received, to_send = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.MemoryBIO(), ssl.MemoryBIO()
    context.load_cert_chain(trusted)
    tls = context.wrap_bio(received, to_send, server_side=True)

    def run(step: Callable[[], object], connection: socket.socket) -> None:
        with suppress(ssl.SSLWantReadError):
            step()
            return
        connection.sendall(to_send.read())
        received.write(connection.recv(65_536))
        run(step, connection)

    def serve(connection: socket.socket) -> None:
        run(tls.do_handshake, connection)
        tickets = to_send.read()
        connection.sendall(tickets[:-9])
        run(tls.read, connection)
        tls.write(WHOLE)
        connection.sendall(tickets[-9:] + to_send.read())

    with ScriptedService() as server:
        server.opening = serve
        client = own_client(server.url.replace("http", "https"), ca_bundle=str(trusted))
        real_open(client._pool)
        (opened,) = client._pool._idle
        wait_until_readable(opened)
        assert outcome(client) == 0
        assert list(client._pool._idle) == [opened]


def half_close(connection: Any, _: Client) -> None:
    """Send nothing more (TLS has a message for it, close_notify), but leave TCP open."""
    if isinstance(connection, ssl.SSLSocket):
        connection.settimeout(0)
        with suppress(ssl.SSLWantReadError):  # the client does not reply
            connection.unwrap()
        connection.settimeout(60)
    else:
        connection.shutdown(socket.SHUT_WR)


def alert(connection: Any, client: Client) -> None:
    """Receive something that is not TLS, which causes an alert, or without TLS send it back."""
    os.write(client._pool._idle[0].fileno(), b"no TLS")
    with suppress(ssl.SSLError):
        connection.sendall(connection.recv(6))


IDLE: dict[str, Callable[[Any, Any], object]] = {
    "closed": close,
    "reset": reset,
    "unsolicited response": respond(b"", 408),  # some servers send it before they close a connection
    "no TLS": lambda connection, _: os.write(connection.fileno(), b"HTTP/1.1 408 -\r\n\r\n"),
    "half closed": half_close,
    "TLS alert": alert,
}


@pytest.mark.parametrize("event", IDLE)
@pytest.mark.parametrize("used", [False, True], ids=["opened in advance", "used"])
def test_an_idle_connection_that_cannot_be_used_costs_no_attempt(
    client: Client, server: ScriptedService, pauses: list[float], event: str, *, used: bool
) -> None:
    """As after a function was frozen; an unsolicited response is not taken for the next one."""
    happened = Event()

    def happen(connection: socket.socket, _: Any = None) -> None:
        wait_until(lambda: client._pool._idle)
        try:
            IDLE[event](connection, client)
        finally:
            happened.set()

    if used:
        server.behaviours = [send(WHOLE, then=happen), FOUND]
        assert outcome(client) == 0
    else:
        server.opening = happen
        client.open()
    assert happened.wait(60)
    wait_until_readable(client._pool._idle[0])

    assert outcome(client) == 0
    assert [one.connection for one in server.requests] == ([1, 2] if used else [2])
    assert pauses == []


@pytest.mark.parametrize("event", [close, reset], ids=["closed", "reset"])
def test_a_kept_connection_closed_during_a_request_costs_no_attempt(
    client: Client, server: ScriptedService, pauses: list[float], event: Behaviour
) -> None:
    """The other idle ones are closed with it: they are as old. A second one in the same attempt is a failure."""
    server.behaviours = [FOUND, event, FOUND, event, event, FOUND]
    for _ in range(2):
        client.open()
        wait_until(lambda: server.connections == len(client._pool._idle))

    assert [outcome(client) for _ in range(3)] == [0, 0, 1]
    assert [one.connection for one in server.requests] == [2, 2, 3, 3, 4, 5]
    assert len(client._pool._idle) == len(pauses) == 1


@pytest.mark.usefixtures("pauses")
@pytest.mark.parametrize(
    ("name", "days", "authority"),
    [
        (LOCALHOST, 1, "botocore's"),
        (LOCALHOST, 1, "another"),
        (LOCALHOST, -1, "itself"),
        (DNSName("elsewhere"), 1, "itself"),
        (IPAddress(ipaddress.ip_address("127.0.0.1")), 1, "itself"),
    ],
)
def test_any_other_certificate_is_refused(tmp_path: Path, trusted: Path, name: Any, days: int, authority: str) -> None:
    shown = write_certificate(tmp_path, name, days=days)
    bundle = {"botocore's": AUTHORITIES, "another": str(trusted), "itself": str(shown)}[authority]
    with ScriptedService(shown) as server, pytest.raises(SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        get_row(own_client(server.url, ca_bundle=bundle))

    assert server.requests == []
