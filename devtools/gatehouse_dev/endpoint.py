"""The embedded AWS on a port, so that other processes and containers see what the service sees.

It is moto's own server in the process of the service: both answer from the same tables, and what
the engine mends in moto is mended for both.
"""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from moto.moto_server import werkzeug_app
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import BaseWSGIServer, make_server

from gatehouse_dev.physical import REGION

SCOPE = re.compile(r"(?<=Credential=)([^/,]+/\d{8})/[^/,]+/")


class Quiet(MotoRequestHandler):
    """Answer without a line on the console for each call."""

    def log_request(self, *_: object, **__: object) -> None:
        """Say nothing."""


class OneRegion:
    """A WSGI app before moto's: whatever region a client has chosen, there is one here."""

    def __init__(self) -> None:
        self._app = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:  # WSGI's own types
        """Answer one request."""
        if "HTTP_AUTHORIZATION" in environ:
            environ["HTTP_AUTHORIZATION"] = SCOPE.sub(rf"\1/{REGION}/", environ["HTTP_AUTHORIZATION"])
        return self._app(environ, start_response)


@contextmanager
def serving(listener: socket.socket) -> Iterator[str]:
    """Answer for AWS on a listening socket while entered; the URL."""
    host, port = listener.getsockname()[:2]
    # No website that a developer visits may look into their tables.
    with patch.object(werkzeug_app, "DISABLE_GLOBAL_CORS", new=True):
        server = make_server(host, port, OneRegion(), threaded=True, request_handler=Quiet, fd=listener.fileno())
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
        thread.start()
        try:
            yield f"http://localhost:{port}"
        finally:
            _stop(server, thread)


def _stop(server: BaseWSGIServer, thread: threading.Thread) -> None:
    server.shutdown()
    thread.join()
    server.server_close()
