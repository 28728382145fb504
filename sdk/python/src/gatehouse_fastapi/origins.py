"""Which sites may make a browser call with its cookie. A bearer token needs no such check: no browser adds one."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from gatehouse_fastapi.refusals import InvalidOrigin, MissingOrigin

_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_ORIGIN = re.compile(r"https?://((\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:]+\])(:[0-9]+)?")
_LABELS = r"[a-z0-9-]+(\.[a-z0-9-]+)*"


class TrustedOrigins:
    """Origins such as `https://app.example.com`, or `https://*.example.com` for every host below."""

    def __init__(self, origins: Iterable[str]) -> None:
        """Raises ValueError for what is no origin; a page's address is none."""
        self._patterns = [_pattern(origin.lower()) for origin in origins]

    def check(self, connection: HTTPConnection) -> None:
        """Refuse what a browser may have been tricked into: MissingOrigin, InvalidOrigin.

        The opening of a WebSocket is a GET, and other sites may read what comes after it, so it is checked, too.
        """
        if connection.scope.get("method") in _SAFE_METHODS or _is_from_itself(connection):
            return
        origin = connection.headers.get("origin") or _of_page(connection.headers.get("referer", ""))
        if not origin or origin == "null":
            raise MissingOrigin
        if not any(pattern.fullmatch(origin.lower()) for pattern in self._patterns):
            raise InvalidOrigin


def _is_from_itself(connection: HTTPConnection) -> bool:
    """Whether the browser says that this app's own page is calling: no page can make it say so."""
    return connection.headers.get("sec-fetch-site") == "same-origin"


def _of_page(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def _pattern(origin: str) -> re.Pattern[str]:
    if not _ORIGIN.fullmatch(origin):
        raise ValueError(f"{origin!r} is no origin: it must look like https://app.example.com or https://*.example.com")
    default = ":443" if origin.startswith("https:") else ":80"
    return re.compile(re.escape(origin.removesuffix(default)).replace(r"\*", _LABELS))
