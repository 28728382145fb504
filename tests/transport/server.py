"""A server with scripted behaviour, over TLS or not: complete, partial, wrong, late or missing responses."""

import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gatehouse.transport.http_response import HttpResponse
from tests.transport.client_pair import OK, dynamodb_response

_AT_ONCE = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class Request:
    """One request: the number of its connection, its headers with names in lower case, and its body."""

    connection: int
    start: str
    headers: dict[str, str]
    body: bytes


type Behaviour = Callable[[socket.socket, Request], bool]


@dataclass(slots=True)
class Server:
    """`behaviours` are used one after the other, the last of them repeatedly; `requests` are those received."""

    url: str
    behaviours: list[Behaviour] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    connections: int = 0

    def serve(self, connected: socket.socket) -> None:
        """Serve one connection until it is closed."""
        self.connections += 1
        number = self.connections
        with connected, connected.makefile("rb") as reader, suppress(OSError):
            while start := reader.readline():
                headers = {}
                while (line := reader.readline().decode("latin-1").strip()) != "":
                    name, _, value = line.partition(": ")
                    headers[name.lower()] = value
                body = reader.read(int(headers.get("content-length", "0")))
                request = Request(number, start.decode("latin-1").strip(), headers, body)
                self.requests.append(request)
                behaviour = self.behaviours.pop(0) if len(self.behaviours) > 1 else self.behaviours[0]
                if not behaviour(connected, request):
                    return


@contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Listen while entered, over TLS if a context is given."""
    with socket.create_server(("127.0.0.1", 0), backlog=32) as listener:
        server = Server(f"{'https' if tls else 'http'}://localhost:{listener.getsockname()[1]}")

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connected, _ = listener.accept()
                    threading.Thread(target=serve, args=(connected,), daemon=True).start()

        def serve(connected: socket.socket) -> None:
            with suppress(OSError):
                server.serve(tls.wrap_socket(connected, server_side=True) if tls else connected)

        threading.Thread(target=accept, daemon=True).start()
        yield server
        listener.shutdown(socket.SHUT_RDWR)


def certificate(folder: Path, *names: x509.GeneralName, days: int = 1) -> Path:
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


def encrypted(path: Path, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> Any:
    """Run a server with a certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    context.maximum_version = version
    return serving(context)


# -- Behaviours; True keeps the connection open ---------------------------------------------


def wire(response: HttpResponse) -> bytes:
    """Return a response as bytes."""
    headers = response.headers | {"content-length": str(len(response.body))}
    lines = [f"HTTP/1.1 {response.status} -", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode() + response.body


def respond(response: HttpResponse, *, keep_open: bool = True) -> Behaviour:
    """Send a response, in two pieces."""

    def behaviour(connected: socket.socket, _: Request) -> bool:
        message = wire(response)
        connected.sendall(message[:25])
        connected.sendall(message[25:])
        return keep_open

    return behaviour


def refuse(code: str, status: int = 400, **headers: Any) -> Behaviour:
    """Respond with an error of DynamoDB."""
    return respond(dynamodb_response({"__type": f"x#{code}", "message": "no"}, status, **headers))


def send_bytes(raw: bytes, *, keep_open: bool = False) -> Behaviour:
    """Send these bytes."""

    def behaviour(connected: socket.socket, _: Request) -> bool:
        connected.sendall(raw)
        return keep_open

    return behaviour


def reset(connected: socket.socket, _: Request) -> bool:
    """Reset the connection."""
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    return False


def reset_midway(connected: socket.socket, request: Request) -> bool:
    """Reset the connection in the middle of a response."""
    connected.sendall(wire(OK)[:60])
    time.sleep(0.01)  # otherwise the reset would overtake the bytes
    return reset(connected, request)


def hang(connected: socket.socket, _: Request) -> bool:
    """Send nothing until the client gives up."""
    while connected.recv(1024):
        pass
    return False
