"""Asking a provider: one attempt, so many seconds in all, so much of an answer, no redirect."""

import json
import ssl
import time
from functools import cache, partial
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any
from urllib.parse import urlencode

import urllib3
from urllib3.exceptions import HTTPError

from gatehouse.errors import ProviderUnavailable

_CONNECT = 1.0  # second
_LARGEST = 256 * 1024  # bytes
_PIECE = 8192
_FORM = "application/x-www-form-urlencoded"

type Answer = tuple[int, bytes]


def look_ahead() -> None:
    """Read whom certificates may go back to before they are needed, for that takes 30 ms of a whole processor."""
    _pool()


def fetch(
    url: str, *, seconds: float, form: dict[str, str] | None = None, headers: dict[str, str] | None = None
) -> tuple[int, Any]:
    """The status and the JSON at `url`, to which `form` is posted if there is one; None where the body is no JSON.

    Raises ProviderUnavailable when there is no whole answer in time. A timeout of a socket is for each read of it, and
    a name is looked up without any, so somebody else waits.
    """
    answers: SimpleQueue[Answer | ProviderUnavailable] = SimpleQueue()
    work = partial(_answer, url, seconds, None if form is None else urlencode(form), headers or {})
    Thread(target=lambda: answers.put(work()), daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except Empty:
        raise ProviderUnavailable(cause=f"{url}: too slow") from None
    if isinstance(answer, ProviderUnavailable):
        raise answer
    status, body = answer
    try:
        return status, json.loads(body)
    except (ValueError, RecursionError):
        return status, None


def _answer(url: str, seconds: float, body: str | None, headers: dict[str, str]) -> Answer | ProviderUnavailable:
    deadline = time.monotonic() + seconds
    try:
        answer = _pool().urlopen(
            "GET" if body is None else "POST",
            url,
            body=body,
            headers={"accept": "application/json"} | ({} if body is None else {"content-type": _FORM}) | headers,
            timeout=urllib3.Timeout(connect=min(_CONNECT, seconds), read=seconds),
            retries=False,
            redirect=False,
            preload_content=False,
        )
        try:
            return answer.status, _read(answer, deadline)
        finally:
            answer.close()
    except (HTTPError, OSError, ValueError) as error:
        return ProviderUnavailable(cause=f"{url}: {type(error).__name__} {error}")


def _read(answer: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
    body = b""
    while piece := answer.read1(_PIECE):
        body += piece
        if len(body) > _LARGEST:
            raise ValueError("too long an answer")
        if time.monotonic() > deadline:
            raise ValueError("too slow")
    return body


@cache
def _pool() -> urllib3.PoolManager:
    """With one context for all; otherwise each connection would make its own."""
    return urllib3.PoolManager(num_pools=4, maxsize=1, ssl_context=ssl.create_default_context())
