"""The embedded AWS on a port, for other processes and containers.

It is moto's own server in the service's process: both use the same tables, and the engine's fixes to moto apply to
both.
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

from gatehouse_dev import browser_guard
from gatehouse_dev.resource_names import REGION

MOTOS_OWN = "moto-api"
SCOPE = re.compile(r"(?<=Credential=)([^/,]+/\d{8})/[^/,]+/")


class QuietRequestHandler(MotoRequestHandler):
    """A request handler that does not log."""

    def log_request(self, *_: object, **__: object) -> None:
        """Log nothing."""


class SingleRegionApp:
    """A WSGI app before moto's that maps all regions to one, and refuses other sites and moto's own API, which can
    delete everything.
    """

    def __init__(self) -> None:
        self._app = DomainDispatcherApplication(create_backend_app)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:  # WSGI's own types
        """Handle one request."""

        def header(name: str) -> str | None:
            found: str | None = environ.get(f"HTTP_{name.upper().replace('-', '_')}")
            return found

        if not browser_guard.is_own_host(header) or browser_guard.is_cross_site(header):
            return _refusal("403 Forbidden", start_response)
        if MOTOS_OWN in environ["PATH_INFO"].lower():
            return _refusal("404 Not Found", start_response)
        if "HTTP_AUTHORIZATION" in environ:
            environ["HTTP_AUTHORIZATION"] = SCOPE.sub(rf"\1/{REGION}/", environ["HTTP_AUTHORIZATION"])
        return self._app(environ, start_response)


def _refusal(status: str, start_response: Any) -> list[bytes]:
    start_response(status, [("content-length", "0")])
    return []


@contextmanager
def serving(listener: socket.socket) -> Iterator[str]:
    """Serve AWS on a listening socket while entered; yields the URL."""
    host, port = listener.getsockname()[:2]
    # Without CORS, no website in a developer's browser can read the tables.
    with patch.object(werkzeug_app, "DISABLE_GLOBAL_CORS", new=True):
        server = make_server(
            host, port, SingleRegionApp(), threaded=True, request_handler=QuietRequestHandler, fd=listener.fileno()
        )
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
