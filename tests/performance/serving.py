"""A local HTTP server with persistent connections, which werkzeug's lacks."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple


class Request(NamedTuple):
    """A request; the names of its headers ignore case."""

    path: str
    headers: Message
    body: bytes


class Response(NamedTuple):
    """A response."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = {}


type Responder = Callable[[Request], Response]


@contextmanager
def serving(respond: Responder) -> Iterator[str]:
    """Serve with one thread per connection, and yield host and port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # a response is one packet

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            response = respond(Request(self.path, self.headers, body))
            self.send_response_only(response.status)
            for name, value in {"content-length": str(len(response.body)), **response.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(response.body)

        do_GET = do_POST  # noqa: N815 -- http.server's name

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Ignore connections that a stopped process broke."""

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
