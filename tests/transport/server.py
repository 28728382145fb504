"""A port that answers as it is told to, whatever it is asked: wholly, in part, wrongly, late or not at all."""

import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from gatehouse.transport.http_response import HttpResponse

_AT_ONCE = struct.pack("ii", 1, 0)


@dataclass(frozen=True, slots=True)
class Heard:
    """One request: the number of its connection, its headers with names in lower case, and its body."""

    connection: int
    start: str
    headers: dict[str, str]
    body: bytes


type Act = Callable[[socket.socket, Heard], bool]


@dataclass(slots=True)
class Server:
    """`acts` are done one after the other, the last of them again and again; `heard` is what was asked."""

    url: str
    acts: list[Act] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    connections: int = 0

    def live(self, connected: socket.socket) -> None:
        """One connection, until it is closed."""
        self.connections += 1
        number = self.connections
        with connected, connected.makefile("rb") as reader, suppress(OSError):
            while start := reader.readline():
                headers = {}
                while (line := reader.readline().decode("latin-1").strip()) != "":
                    name, _, value = line.partition(": ")
                    headers[name.lower()] = value
                body = reader.read(int(headers.get("content-length", "0")))
                request = Heard(number, start.decode("latin-1").strip(), headers, body)
                self.heard.append(request)
                act = self.acts.pop(0) if len(self.acts) > 1 else self.acts[0]
                if not act(connected, request):
                    return


@contextmanager
def serving(tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    """Listen while entered, over TLS where that is given."""
    with socket.create_server(("127.0.0.1", 0), backlog=32) as listener:
        server = Server(f"{'https' if tls else 'http'}://localhost:{listener.getsockname()[1]}")

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connected, _ = listener.accept()
                    threading.Thread(target=live, args=(connected,), daemon=True).start()

        def live(connected: socket.socket) -> None:
            with suppress(OSError):
                server.live(tls.wrap_socket(connected, server_side=True) if tls else connected)

        threading.Thread(target=accept, daemon=True).start()
        yield server
        listener.shutdown(socket.SHUT_RDWR)


# -- What it may do; True when the connection stays ---------------------------------------


def wire(answer: HttpResponse) -> bytes:
    """An answer as it is sent."""
    headers = answer.headers | {"content-length": str(len(answer.body))}
    lines = [f"HTTP/1.1 {answer.status} -", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode() + answer.body


def says(answer: HttpResponse, *, stays: bool = True) -> Act:
    """All of an answer, in two pieces."""

    def act(connected: socket.socket, _: Heard) -> bool:
        whole = wire(answer)
        connected.sendall(whole[:25])
        connected.sendall(whole[25:])
        return stays

    return act


def sends(raw: bytes, *, stays: bool = False) -> Act:
    """These bytes."""

    def act(connected: socket.socket, _: Heard) -> bool:
        connected.sendall(raw)
        return stays

    return act


def resets(connected: socket.socket, _: Heard) -> bool:
    """The connection is gone, and not in the orderly way."""
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
    return False


def breaks_off(answer: HttpResponse) -> Act:
    """A reset in the middle of an answer."""

    def act(connected: socket.socket, heard: Heard) -> bool:
        connected.sendall(wire(answer)[:60])
        time.sleep(0.01)  # or it would overtake them
        return resets(connected, heard)

    return act


def hangs(connected: socket.socket, _: Heard) -> bool:
    """Nothing, until whoever asked gives up."""
    while connected.recv(1024):
        pass
    return False
