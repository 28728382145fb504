"""HTTP requests to other services: one attempt, a total timeout, a size limit, no redirects."""

import ssl
import time
from functools import cache, partial
from queue import Empty, SimpleQueue
from threading import Thread
from urllib.parse import urlencode

import urllib3
from urllib3.exceptions import HTTPError

_MAX_SIZE = 256 * 1024  # bytes
_CHUNK_SIZE = 8192
_FORM = "application/x-www-form-urlencoded"

type RawResponse = tuple[int, bytes]


class RequestFailed(Exception):
    """There was no complete response; the message says why."""


def warm_up() -> None:
    """Load the trusted certificate authorities before the first request: it takes 30 ms of a whole CPU."""
    _pool()


def fetch(
    url: str, *, seconds: float, form: dict[str, str] | None = None, headers: dict[str, str] | None = None
) -> RawResponse:
    """Return status and body of `url`, to which `form` is posted if there is one.

    Raises RequestFailed without a complete response in time. A socket's timeout is per read, and a name lookup has
    none, so another thread makes the request.
    """
    responses: SimpleQueue[RawResponse | RequestFailed] = SimpleQueue()
    work = partial(_request, url, seconds, None if form is None else urlencode(form), headers or {})
    Thread(target=lambda: responses.put(work()), daemon=True).start()
    try:
        response = responses.get(timeout=seconds)
    except Empty:
        raise RequestFailed("too slow") from None
    if isinstance(response, RequestFailed):
        raise response
    return response


def _request(url: str, seconds: float, body: str | None, headers: dict[str, str]) -> RawResponse | RequestFailed:
    deadline = time.monotonic() + seconds
    try:
        response = _pool().urlopen(
            "GET" if body is None else "POST",
            url,
            body=body,
            headers=({} if body is None else {"content-type": _FORM}) | headers,
            timeout=seconds,
            retries=False,
            redirect=False,
            preload_content=False,
        )
        try:
            return response.status, _read_body(response, deadline)
        finally:
            response.close()
    except (HTTPError, OSError, ValueError) as error:
        return RequestFailed(f"{type(error).__name__} {error}")


def _read_body(response: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
    body = b""
    while piece := response.read1(_CHUNK_SIZE):
        body += piece
        if len(body) > _MAX_SIZE:
            raise ValueError("the response is too large")
        if time.monotonic() > deadline:
            raise ValueError("too slow")
    return body


@cache
def _pool() -> urllib3.PoolManager:
    """One SSL context for all connections; otherwise each would make its own."""
    return urllib3.PoolManager(num_pools=4, maxsize=1, ssl_context=ssl.create_default_context())
