"""A local HTTP server with persistent connections, which werkzeug's lacks."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from gatehouse_dev.messages import Request, Response

type Responder = Callable[[Request], Response]


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Ignore connections that a stopped process broke."""


@contextmanager
def serving(respond: Responder) -> Iterator[str]:
    """Serve with one thread per connection, and yield host and port."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # a response is one packet

        def do_POST(self) -> None:
            body, headers = self.rfile.read(int(self.headers.get("content-length", 0))), tuple(self.headers.items())
            response = respond(Request(method=self.command, raw_path=self.path, headers=headers, body=body))
            self.send_response_only(response.status)
            for name, value in (("content-length", str(len(response.body))), *response.headers):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(response.body)

        do_GET = do_POST  # noqa: N815 -- http.server's name

    with _Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
