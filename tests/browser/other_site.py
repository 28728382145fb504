"""Another site: pages that include the button, with a strict content security policy."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_PAGE = """<!doctype html><html lang="{language}"><meta charset="utf-8"><title>Shop</title>
<link rel="icon" href="data:,">{injected}<script async src="{api}/auth/button.js"></script>
<script defer src="{api}/auth/button.js"></script>
<h1>Shop</h1><gatehouse-auth-button></gatehouse-auth-button>
<footer><gatehouse-auth-button label-sign-in="Come in"></gatehouse-auth-button></footer></html>"""
_FORGED = '<img name="currentScript" alt="" src="data:,/auth/button.js">'


class Site(ThreadingHTTPServer):
    """A shop on a port of its own. It starts before the service whose button it includes."""

    api = ""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Pages)

    def at(self, host: str) -> str:
        """Return its origin with one of this machine's names."""
        return f"http://{host}:{self.server_port}"


class _Pages(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        """Serve the same page for every path: in German below /de, with injected markup below /guestbook."""
        api = self.server.api
        language = "de-AT" if self.path.startswith("/de") else "en"
        injected = _FORGED if self.path.startswith("/guestbook") else ""
        page = _PAGE.format(api=api, language=language, injected=injected).encode()
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.send_header(
            "content-security-policy",
            f"default-src 'none'; script-src {api}; connect-src {api}; img-src data:; "
            "require-trusted-types-for 'script'",
        )
        self.send_header("content-length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@contextmanager
def running_site() -> Iterator[Site]:
    """Run the shop on a free port."""
    with Site() as site:
        threading.Thread(target=site.serve_forever, args=(0.05,), daemon=True).start()
        yield site
        site.shutdown()
