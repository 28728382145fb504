"""The cookies of the better-auth protocol: signed, percent-encoded, cleared by the same attributes."""

import hmac
import re
from base64 import b64decode, b64encode
from math import ceil
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import Response

from gatehouse import clock, keys, throttle
from gatehouse.config import config
from gatehouse.http.origin import base_url
from gatehouse.sessions import Session, SessionToken

SESSION, DATA, DONT_REMEMBER = "better-auth.session_token", "better-auth.session_data", "better-auth.dont_remember"
_STATE = "better-auth.state"
_DEVICE = "gatehouse.device"
_SIGNED = re.compile(r"(?P<token>[\w-]+)\.[A-Za-z0-9+/]{43}=", re.ASCII)
_YEAR = 365 * 86_400  # seconds
_STATE_AGE = 300  # seconds


def set_session(request: Request, response: Response, session: Session, token: SessionToken) -> None:
    """Hand the browser its session, and a script the same as a header."""
    signed = _sign(str(token))
    lifetime = ceil((session.expires_at - session.updated_at).total_seconds())
    add_cookie(request, response, SESSION, signed, lifetime if session.remember else None)
    if not session.remember:
        add_cookie(request, response, DONT_REMEMBER, _sign("true"), None)
    elif read_cookie(request, DONT_REMEMBER):
        add_cookie(request, response, DONT_REMEMBER, "", 0)
    response.headers["set-auth-token"] = signed


def clear_session(request: Request, response: Response) -> None:
    """Take every cookie of a session back, whether or not the browser has it."""
    for name in (SESSION, DATA, DONT_REMEMBER):
        add_cookie(request, response, name, "", 0)


def repeat_session(request: Request, response: Response, session: Session) -> None:
    """Send the caller's session cookie again as it came; what was cached beside it has changed, so that goes.

    Whoever came otherwise, or with something that we cannot have made, is sent none.
    """
    signed = session_cookie(request) or ""
    form = _SIGNED.fullmatch(signed)
    if form and form["token"] == str(request.state.caller.proof):
        add_cookie(request, response, SESSION, signed, seconds_left(session) if session.remember else None)
        response.headers["set-auth-token"] = signed
    drop_cached(request, response)


def drop_cached(request: Request, response: Response) -> None:
    """What a browser keeps of the session is out of date."""
    if config().cookie_cache_age:
        add_cookie(request, response, DATA, "", 0)


def session_cookie(request: Request) -> str | None:
    """The session cookie after percent-decoding: `token.signature`."""
    return read_cookie(request, SESSION)


def remember_device(request: Request, response: Response, email: str) -> None:
    """Let this browser try again however often strangers fail."""
    if config().rate_limits == "on":
        value = throttle.hidden(email)
        mac = keys.mac(keys.DEVICE, value.encode()).hex()
        add_cookie(request, response, _DEVICE, f"{value}.{mac}", _YEAR)


def knows_device(request: Request, email: str) -> bool:
    """Whether somebody signed in with this address from this browser before."""
    value, _, mac = (read_cookie(request, _DEVICE) or "").partition(".")
    if not hmac.compare_digest(value.encode(), throttle.hidden(email).encode()):
        return False
    return keys.matches_now(keys.DEVICE, value.encode(), bytes.fromhex(mac) if _is_hex(mac) else b"")


def set_state(request: Request, response: Response, state: str) -> None:
    """Let this browser prove, when it comes back from a provider, that it was sent there."""
    add_cookie(request, response, _STATE, _sign(state), _STATE_AGE)


def clear_state(request: Request, response: Response) -> None:
    """It came back."""
    add_cookie(request, response, _STATE, "", 0)


def has_state(request: Request) -> bool:
    """Whether this is the browser that was sent away with the state that it brings."""
    state = request.query_params.get("state", "")
    value, _, signature = (read_cookie(request, _STATE) or "").rpartition(".")
    if not hmac.compare_digest(value.encode(), state.encode()):
        return False
    try:
        return keys.matches_now(keys.COOKIE, value.encode(), b64decode(signature, validate=True))
    except ValueError:
        return False


def seconds_left(session: Session) -> int:
    """The Max-Age of a session's cookie."""
    return max(0, ceil((session.expires_at - clock.now()).total_seconds()))


def read_cookie(request: Request, name: str) -> str | None:
    """A cookie after percent-decoding; the first of several with one name."""
    wanted = _full_name(request, name)
    for pair in request.headers.get("cookie", "").split(";"):
        given, _, value = pair.strip().partition("=")
        if given == wanted:
            return unquote(value.strip('"')) or None
    return None


def add_cookie(request: Request, response: Response, name: str, value: str, max_age: int | None) -> None:
    """Set a cookie with the attributes of all of ours; without `max_age` it goes when the browser does."""
    response.headers.append("set-cookie", cookie_line(request, name, value, max_age))


def cookie_line(request: Request, name: str, value: str, max_age: int | None) -> str:
    """The header that sets a cookie.

    The one that goes to a provider and back is read when another site leads here: never strict, and not partitioned.
    """
    settings, same_site = config(), config().cookie_same_site
    if name == _STATE and same_site == "strict":
        same_site = "lax"
    parts = [
        f"{_full_name(request, name)}={quote(value, safe='')}",
        *([] if max_age is None else [f"Max-Age={max_age}"]),
        *([f"Domain={settings.cookie_domain}"] if settings.cookie_domain else []),
        "Path=/",
        "HttpOnly",
        *(["Secure"] if _is_secure(request) else []),
        f"SameSite={same_site.capitalize()}",
        *(["Partitioned"] if same_site == "none" and name != _STATE else []),
    ]
    return "; ".join(parts)


def _sign(value: str) -> str:
    return f"{value}.{b64encode(keys.mac(keys.COOKIE, value.encode())).decode()}"


def _full_name(request: Request, name: str) -> str:
    return f"{'__Secure-' if _is_secure(request) else ''}{name}"


def _is_secure(request: Request) -> bool:
    choice = config().secure_cookies
    return choice == "on" or (choice == "auto" and base_url(request).startswith("https://"))


def _is_hex(text: str) -> bool:
    return len(text) == 64 and all(digit in "0123456789abcdef" for digit in text)  # noqa: PLR2004 -- 32 bytes
