"""Requests to the deployed API and to providers: one attempt each, redirects are not followed."""

import json
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

TIMEOUT = 15  # seconds; a cold start takes one or two
MAXIMUM = 200_000  # bytes that are read


class Unreachable(Exception):  # the project names exceptions for what happened
    """There was no response; the message says why, and `kind` is `dns`, `tls` or `connection`."""

    def __init__(self, url: str, error: Exception) -> None:
        cause = error.reason if isinstance(error, URLError) else error
        match cause:
            case socket.gaierror():
                self.kind, why = "dns", "its name has no address"
            case ssl.SSLError():
                self.kind, why = (
                    "tls",
                    f"its certificate is not accepted: {getattr(cause, 'verify_message', '') or cause}",
                )
            case TimeoutError():
                self.kind, why = "connection", f"no response within {TIMEOUT} seconds"
            case _:
                self.kind, why = "connection", str(cause) or type(cause).__name__
        super().__init__(f"{url} cannot be reached: {why}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A response. Names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> dict[str, Any]:
        """The body's JSON object; empty if it is none."""
        try:
            parsed = json.loads(self.text)
        except ValueError:
            return {}
        return parsed if isinstance(parsed, dict) else {}


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """Leave the redirect to the caller."""


def send(method: str, url: str, *, body: Mapping[str, Any] | None = None, **headers: str) -> Answer:
    """Return the response to a request; headers are given as `content_type`. Raises Unreachable."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    data = None if body is None else json.dumps(body).encode()
    request = Request(  # noqa: S310 -- callers give http and https
        url, data, ({"content-type": "application/json"} if data else {}) | named, method=method
    )
    try:
        with build_opener(_NoRedirects).open(request, timeout=TIMEOUT) as response:
            return _answer(response.status, response.headers, response.read(MAXIMUM))
    except HTTPError as error:
        with error:
            return _answer(error.code, error.headers, error.read(MAXIMUM))
    except (OSError, HTTPException, ValueError) as error:  # the last for a URL that is none
        raise Unreachable(url.partition("?")[0], error) from None


def _answer(status: int, headers: Message, body: bytes) -> Answer:
    named = {name.lower(): value for name, value in headers.items()}
    return Answer(status=status, headers=named, text=body.decode(errors="replace"))
