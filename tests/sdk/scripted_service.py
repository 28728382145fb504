"""A service on a real socket that answers whatever a test says, or not at all."""

import socket
from collections.abc import Callable
from contextlib import suppress
from threading import Thread
from types import TracebackType
from typing import Self

Behaviour = Callable[[socket.socket], object]


def response(body: str | bytes, status: int = 200, **headers: str) -> Behaviour:
    """An answer of HTTP, after which the connection stays open."""
    content = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} X", f"content-length: {len(content)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    whole = "\r\n".join(lines).encode() + b"\r\n\r\n" + content
    return lambda connection: connection.sendall(whole)


class ScriptedService:
    """Listens from the start; `answers` is what the next requests meet, `asked` their heads, `opened` connections."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.answers = response("null")
        self.asked: list[str] = []
        self.opened = 0

    def __enter__(self) -> Self:
        Thread(target=self._listen, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.goes()

    def goes(self) -> None:
        """Nobody listens any more."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def header(self, name: str) -> str | None:
        """A header of the last request."""
        lines = (line.partition(": ") for line in self.asked[-1].splitlines()[1:])
        return next((value for given, _, value in lines if given.lower() == name), None)

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.opened += 1
                Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            while head := _head(connection):
                self.asked.append(head)
                self.answers(connection)


def _head(connection: socket.socket) -> str:
    read = b""
    while not read.endswith(b"\r\n\r\n"):
        part = connection.recv(65_536)
        if not part:
            return ""
        read += part
    return read.decode("latin-1")
