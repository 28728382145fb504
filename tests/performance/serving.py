"""A local server with persistent connections, which werkzeug's lacks, over TLS or not."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import socket

from gatehouse_dev.messages import Request, Response
from tests.support import scripted_service

type Responder = Callable[[Request], Response]


@contextmanager
def serving(respond: Responder, certificate: Path | None = None) -> Iterator[str]:
    """Serve, over TLS 1.3 with session tickets if there is a certificate, and yield the URL."""

    def answer(connection: socket, received: scripted_service.Request) -> None:
        method, path, _ = received.start.split()
        headers = tuple(received.headers.items())
        response = respond(Request(method=method, raw_path=path, headers=headers, body=received.body))
        connection.sendall(scripted_service.http_message(response.status, dict(response.headers), response.body))

    with scripted_service.ScriptedService(certificate) as service:
        service.behaviours = [answer]
        yield service.url
