"""The credentials of a request."""

import re
from dataclasses import dataclass

from starlette.requests import HTTPConnection

from gatehouse_fastapi.refusals import InvalidToken

COOKIE = "better-auth.session_token"
SECURE_COOKIE = f"__Secure-{COOKIE}"
_MAX_COOKIES = 8
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=%-]{1,8192}")
_COOKIE_VALUE = re.compile(r'"?[A-Za-z0-9._~+/=%-]{1,4096}"?')


@dataclass(frozen=True, slots=True)
class Bearer:
    """A token from `Authorization: Bearer`: a session token, or a JWT."""

    token: str


@dataclass(frozen=True, slots=True)
class Cookies:
    """Gatehouse's session cookie, as a `Cookie` header without other cookies.

    Another host of the domain may have set it, too: Gatehouse checks the signatures, and takes none of two sessions.
    """

    header: str


def bearer(connection: HTTPConnection) -> Bearer | None:
    """Return the bearer token of a request, None without one; raises InvalidToken for a malformed one, or for two."""
    given = [value.partition(" ") for value in connection.headers.getlist("authorization")]
    tokens = [token.strip() for scheme, _, token in given if scheme.lower() == "bearer"]
    if not tokens:
        return None
    if len(given) > 1 or not _TOKEN.fullmatch(tokens[0]):
        raise InvalidToken
    return Bearer(tokens[0])


def cookies(connection: HTTPConnection) -> Cookies | None:
    """Return the session cookies of a request, None without one; raises InvalidToken if all are malformed, or if there
    are more than eight.
    """
    pairs = [pair.strip() for header in connection.headers.getlist("cookie") for pair in header.split(";")]
    split = ((pair, *pair.partition("=")[::2]) for pair in pairs)
    sent = {pair: value for pair, name, value in split if name in {COOKIE, SECURE_COOKIE} and value}
    if not sent:
        return None
    forwarded = [pair for pair, value in sent.items() if _COOKIE_VALUE.fullmatch(value)]
    if not 0 < len(forwarded) <= _MAX_COOKIES:
        raise InvalidToken
    return Cookies("; ".join(forwarded))
