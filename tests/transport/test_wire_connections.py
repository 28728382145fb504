"""Kept connections, plain and over TLS, are used only while they are open; TLS accepts only trusted certificates."""

import ipaddress
import os
import select
import socket
import ssl
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import SSLError
from cryptography.x509 import DNSName, IPAddress

from gatehouse.transport.client import Client
from gatehouse.transport.connections import ConnectionPool
from tests.support.concurrency import wait_until
from tests.support.transport import real_open, real_request
from tests.transport.client_pair import OK, ROW, dynamodb_response, get_row, own_client
from tests.transport.server import Behaviour, Request, certificate, encrypted, reset, respond, send_bytes, serving, wire

LOCALHOST = DNSName("localhost")
VERSIONS = {"plain": None, "TLS 1.2": ssl.TLSVersion.TLSv1_2, "TLS 1.3": ssl.TLSVersion.TLSv1_3}


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost."""
    return certificate(tmp_path_factory.mktemp("tls"), LOCALHOST)


@pytest.fixture(params=VERSIONS)
def connected(request: Any, trusted: Path) -> Any:
    """A client with a server, in each version of TLS and without it."""
    version = VERSIONS[request.param]
    with encrypted(trusted, version) if version else serving() as server:
        server.behaviours = [respond(OK)]
        yield own_client(server.url, ca_bundle=str(trusted)), server


def attempt(client: Client) -> int:
    """Read the row and return the number of retries."""
    found = get_row(client)
    assert found["Item"] == ROW
    return int(found["ResponseMetadata"]["RetryAttempts"])


def wait_until_readable(client: Client) -> None:
    """Wait until the idle connection has data to read, or was closed by the server."""
    assert select.select([client._pool._idle[0]], [], [], 60)[0]


def send_unencrypted(connection: Any, _: Request) -> bool:
    """Send a response past TLS."""
    return bool(os.write(connection.fileno(), b"HTTP/1.1 408 -\r\n\r\n"))


def half_close(connection: Any, _: Request) -> bool:
    """Send nothing more (TLS has a message for it, close_notify), but leave TCP open."""
    with suppress(OSError):  # the client does not reply
        connection.unwrap() if isinstance(connection, ssl.SSLSocket) else connection.shutdown(socket.SHUT_WR)
    return True


IDLE: dict[str, Behaviour] = {
    "closed": send_bytes(b""),
    "reset": reset,
    "unsolicited response": send_bytes(wire(dynamodb_response(b"", 408)), keep_open=True),  # before some servers close
    "no TLS": send_unencrypted,
    "half closed": half_close,
}


def test_a_connection_opened_in_advance_serves_the_calls(connected: Any) -> None:
    """Although the session tickets of TLS 1.3 make it readable; opening it sends no request."""
    client, server = connected
    real_open(client._pool)
    (opened,) = client._pool._idle
    if isinstance(opened, ssl.SSLSocket) and opened.version() == "TLSv1.3":
        wait_until_readable(client)
    assert server.requests == []

    assert [attempt(client) for _ in range(5)] == [0] * 5
    assert (server.connections, len(server.requests)) == (1, 5)
    assert list(client._pool._idle) == [opened]
    assert opened.gettimeout() == 60


@pytest.mark.parametrize("event", IDLE)
def test_an_idle_connection_that_cannot_be_used_costs_no_attempt(
    connected: Any, pauses: list[float], event: str
) -> None:
    """As after a function was frozen; an unsolicited response is not taken for the next one."""
    client, server = connected

    def behave(connection: socket.socket, request: Request) -> bool:
        respond(OK)(connection, request)
        wait_until(lambda: client._pool._idle)  # otherwise it would arrive with the response
        return IDLE[event](connection, request)

    server.behaviours = [behave, respond(OK)]
    attempt(client)
    wait_until_readable(client)

    assert attempt(client) == 0
    assert [one.connection for one in server.requests] == [1, 2]
    assert pauses == []


@pytest.mark.parametrize("event", [send_bytes(b""), reset], ids=["closed", "reset"])
def test_a_kept_connection_closed_during_a_request_costs_no_attempt(
    connected: Any, pauses: list[float], event: Behaviour
) -> None:
    """The other idle ones are closed with it: they are as old. A second one in the same attempt is a failure."""
    client, server = connected
    server.behaviours = [respond(OK), event, respond(OK), event, event, respond(OK)]
    for _ in range(2):
        real_open(client._pool)
        wait_until(lambda: server.connections == len(client._pool._idle))

    assert [attempt(client) for _ in range(3)] == [0, 0, 1]
    assert [one.connection for one in server.requests] == [2, 2, 3, 3, 4, 5]
    assert len(client._pool._idle) == len(pauses) == 1


# -- Certificates -------------------------------------------------------------------------


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
    shown = certificate(tmp_path, name, days=days)
    bundle = {"another": {"ca_bundle": str(trusted)}, "itself": {"ca_bundle": str(shown)}}.get(authority, {})
    with encrypted(shown) as server:
        pool = ConnectionPool(server.url, connect_seconds=60, read_seconds=60, **bundle)
        with pytest.raises(SSLError, match="CERTIFICATE_VERIFY_FAILED"):
            real_request(pool, "POST", {})

    assert server.requests == []


def test_the_default_is_botocores_ca_bundle() -> None:
    """The file is where `make build` leaves it."""
    assert ConnectionPool("https://localhost", connect_seconds=60, read_seconds=60)._tls.get_ca_certs()
