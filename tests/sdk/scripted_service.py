"""A service on a real socket, whose behaviour a test defines."""

import socket
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from types import TracebackType
from typing import Self

Behaviour = Callable[[socket.socket], object]


def respond_with(body: str | bytes, status: int = 200, **headers: str) -> Behaviour:
    """Return an HTTP response with that content, after which the connection stays open."""
    content = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} X", f"content-length: {len(content)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    message = "\r\n".join(lines).encode() + b"\r\n\r\n" + content
    return lambda connection: connection.sendall(message)


class ScriptedService:
    """Serves `behaviour` to each request; `requests` are the heads of requests, `connections` counts connections."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.behaviour = respond_with("null")
        self.requests: list[str] = []
        self.connections = 0

    def __enter__(self) -> Self:
        Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def header(self, name: str) -> str | None:
        """Return a header of the last request."""
        lines = (line.partition(": ") for line in self.requests[-1].splitlines()[1:])
        return next((value for key, _, value in lines if key.lower() == name), None)

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            while head := _head(connection):
                self.requests.append(head)
                self.behaviour(connection)


def _head(connection: socket.socket) -> str:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        part = connection.recv(65_536)
        if not part:
            return ""
        head += part
    return head.decode("latin-1")
