"""HTTP requests and responses, as values."""

import json
import time
from dataclasses import dataclass, field

BETWEEN_HOPS = frozenset(
    {
        "connection",
        "expect",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)

type Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request; `authority` is the gateway's own host and port, `peer` the socket's address."""

    method: str
    raw_path: str
    raw_query: str = ""
    headers: Headers = ()
    body: bytes = b""
    peer: str = "127.0.0.1"
    authority: str = "localhost:3000"
    protocol: str = "HTTP/1.1"
    received: float = field(default_factory=time.time)

    def header(self, name: str) -> str | None:
        """Return a header by its lower-case name; the first if there are several."""
        return next((value for key, value in self.headers if key.lower() == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """An HTTP response."""

    status: int
    headers: Headers = ()
    body: bytes = b""


def message(status: int, text: str) -> Response:
    """Return a response of the gateway itself."""
    return Response(
        status=status, headers=(("content-type", "application/json"),), body=json.dumps({"message": text}).encode()
    )
