"""Origin checks for requests with cookies. Bearer tokens need none: no browser adds them by itself."""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from gatehouse_fastapi.refusals import InvalidOrigin, MissingOrigin

_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_ORIGIN = re.compile(r"https?://((\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f:]+\])(:[0-9]+)?")
_LABELS = r"[a-z0-9-]+(\.[a-z0-9-]+)*"


class TrustedOrigins:
    """Origins such as `https://app.example.com`, or `https://*.example.com` for all its subdomains."""

    def __init__(self, origins: Iterable[str]) -> None:
        """Raises ValueError for what is no origin, such as the URL of a page."""
        self._patterns = [_pattern(origin.lower()) for origin in origins]

    def check(self, connection: HTTPConnection) -> None:
        """Reject possible cross-site request forgery: MissingOrigin, InvalidOrigin.

        Opening a WebSocket is a GET, and other sites can read what follows, so it is checked, too.
        """
        if connection.scope.get("method") in _SAFE_METHODS or _is_from_itself(connection):
            return
        origin = connection.headers.get("origin") or _origin_of(connection.headers.get("referer", ""))
        if not origin or origin == "null":
            raise MissingOrigin
        if not any(pattern.fullmatch(origin.lower()) for pattern in self._patterns):
            raise InvalidOrigin


def _is_from_itself(connection: HTTPConnection) -> bool:
    """Whether the browser says that the request is same-origin, which no page can forge."""
    return connection.headers.get("sec-fetch-site") == "same-origin"


def _origin_of(url: str) -> str:
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
