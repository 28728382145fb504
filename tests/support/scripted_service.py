"""A service on a real socket, over TLS or not, whose behaviour a test defines."""

import socket
import ssl
import struct
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.client import HTTPMessage, parse_headers
from pathlib import Path
from threading import Thread
from typing import NamedTuple, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

LOCALHOST = x509.DNSName("localhost")
_PATIENCE = 40  # seconds without a request; a client that waits as long has failed


class Request(NamedTuple):
    """One request, with the number of its connection; `start` is such as `GET / HTTP/1.1`."""

    connection: int
    start: str
    headers: HTTPMessage
    body: bytes


Behaviour = Callable[[socket.socket, Request], object]


class ScriptedService:
    """Serves `behaviours`, one to each request, and the last of them repeatedly; `requests` are those received.

    `opening` is what it does before the first request.
    """

    def __init__(self, certificate: Path | None = None, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> None:
        """With a certificate it serves TLS, up to that version."""
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.url = f"{'https' if certificate else 'http'}://localhost:{self._listener.getsockname()[1]}"
        self.behaviours: list[Behaviour] = []
        self.opening: Callable[[socket.socket], object] = lambda _: None
        self.requests: list[Request] = []
        self.connections = 0
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if certificate else None
        if self._tls and certificate:
            self._tls.load_cert_chain(certificate)
            self._tls.maximum_version = version

    def __enter__(self) -> Self:
        Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                Thread(target=self._serve, args=(connection, self.connections), daemon=True).start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        connection.settimeout(_PATIENCE)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(OSError), connection:
            secured = self._tls.wrap_socket(connection, server_side=True) if self._tls else connection
            with secured, secured.makefile("rb") as reader:
                if number == 1:
                    self.opening(secured)
                while start := reader.readline():
                    headers = parse_headers(reader)
                    body = reader.read(int(headers.get("content-length", "0")))
                    request = Request(number, start.decode("latin-1").strip(), headers, body)
                    self.requests.append(request)
                    behaviour = self.behaviours.pop(0) if len(self.behaviours) > 1 else self.behaviours[0]
                    behaviour(secured, request)


def write_certificate(folder: Path, *names: x509.GeneralName, days: int = 1) -> Path:
    """Write a key and a self-signed certificate for `names` to a file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "here")])
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - timedelta(days=2), now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{days}-{len(list(folder.iterdir()))}.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + signed.public_bytes(Encoding.PEM))
    return path


# -- Behaviours, after which the connection stays open unless they close it ------------------


def http_message(status: int, headers: Mapping[str, str], body: bytes) -> bytes:
    """Return an HTTP response."""
    lines = [f"HTTP/1.1 {status} X", *(f"{name.title()}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


def respond_with(body: str | bytes, status: int = 200, **headers: str) -> Behaviour:
    """Send an HTTP response with that content."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return send(http_message(status, named, body.encode() if isinstance(body, str) else body))


def send(raw: bytes, *, then: Behaviour = lambda *_: None) -> Behaviour:
    """Send these bytes in two pieces."""

    def behaviour(connection: socket.socket, request: Request) -> None:
        connection.sendall(raw[:25])
        connection.sendall(raw[25:])
        then(connection, request)

    return behaviour


def close(connection: socket.socket, _: Request) -> None:
    """Close the connection."""
    connection.shutdown(socket.SHUT_RDWR)


def reset(connection: socket.socket, _: Request) -> None:
    """Reset the connection."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    raise ConnectionResetError


def hang(_connection: socket.socket, _request: Request) -> None:
    """Send nothing."""
