"""Asking a provider: one attempt, so many seconds in all, so much of an answer, no redirect."""

import json
import time
from functools import cache
from typing import Any
from urllib.parse import urlencode

import urllib3
from urllib3.exceptions import HTTPError

from gatehouse.errors import ProviderUnavailable

_CONNECT = 1.0  # second
_LARGEST = 256 * 1024  # bytes
_PIECE = 8192
_FORM = "application/x-www-form-urlencoded"


def fetch(
    url: str, *, seconds: float, form: dict[str, str] | None = None, headers: dict[str, str] | None = None
) -> tuple[int, Any]:
    """The status and the JSON at `url`, to which `form` is posted if there is one; None where the body is no JSON.

    Raises ProviderUnavailable when there is no whole answer in time.
    """
    deadline = time.monotonic() + seconds
    try:
        answer = _pool().urlopen(
            "GET" if form is None else "POST",
            url,
            body=None if form is None else urlencode(form),
            headers={"accept": "application/json", "content-type": _FORM} | (headers or {}),
            timeout=urllib3.Timeout(connect=min(_CONNECT, seconds), read=seconds),
            retries=False,
            redirect=False,
            preload_content=False,
        )
        try:
            body = _read(answer, deadline)
        finally:
            answer.close()
    except HTTPError as error:
        raise ProviderUnavailable(cause=f"{url}: {type(error).__name__}") from None
    try:
        return answer.status, json.loads(body)
    except (ValueError, RecursionError):
        return answer.status, None


def _read(answer: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
    """Piece by piece: a timeout of the socket is for each of them, and a provider may be slow at every one."""
    body = b""
    while piece := answer.read1(_PIECE):
        body += piece
        if len(body) > _LARGEST:
            raise ProviderUnavailable(cause=f"{answer.url}: too long an answer")
        if time.monotonic() > deadline:
            raise ProviderUnavailable(cause=f"{answer.url}: too slow")
    return body


@cache
def _pool() -> urllib3.PoolManager:
    return urllib3.PoolManager(num_pools=4, maxsize=1)
