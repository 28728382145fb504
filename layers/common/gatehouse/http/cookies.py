"""The cookies of the better-auth protocol: signed, percent-encoded, and cleared with the same attributes."""

import hmac
import re
from math import ceil
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import Response

from gatehouse import clock, keys
from gatehouse.config import config
from gatehouse.http.origin import base_url
from gatehouse.sessions import Session, SessionToken

SESSION, DATA, DONT_REMEMBER = "better-auth.session_token", "better-auth.session_data", "better-auth.dont_remember"
DEVICE = "gatehouse.device"
_STATE = "better-auth.state"
_SIGNED = re.compile(r"(?P<token>[\w-]+)\.[A-Za-z0-9+/]{43}=", re.ASCII)
_STATE_AGE = 300  # seconds


def set_session(request: Request, response: Response, session: Session, token: SessionToken) -> None:
    """Set the session cookie, and the same value as a header for scripts."""
    signed = keys.sign(str(token))
    lifetime = ceil((session.expires_at - session.updated_at).total_seconds())
    set_cookie(request, response, SESSION, signed, lifetime if session.remember else None)
    if not session.remember:
        set_cookie(request, response, DONT_REMEMBER, keys.sign("true"), None)
    elif get_cookie(request, DONT_REMEMBER):
        set_cookie(request, response, DONT_REMEMBER, "", 0)
    response.headers["set-auth-token"] = signed


def clear_session(request: Request, response: Response) -> None:
    """Clear every session cookie, whether or not the browser has it."""
    for name in (SESSION, DATA, DONT_REMEMBER):
        set_cookie(request, response, name, "", 0)


def resend_session(request: Request, response: Response, session: Session) -> None:
    """Send the caller's session cookie again, unchanged, and clear the cached session beside it.

    A caller without a session cookie, or with one that has not our form, gets none.
    """
    signed = session_cookie(request) or ""
    form = _SIGNED.fullmatch(signed)
    if form and form["token"] == str(request.state.caller.credential):
        set_cookie(request, response, SESSION, signed, remaining_seconds(session) if session.remember else None)
        response.headers["set-auth-token"] = signed
    clear_session_cache(request, response)


def clear_session_cache(request: Request, response: Response) -> None:
    """Clear the session_data cookie, because what it caches has changed."""
    if config().cookie_cache_age:
        set_cookie(request, response, DATA, "", 0)


def session_cookie(request: Request) -> str | None:
    """Return the session cookie after percent-decoding: `token.signature`."""
    return get_cookie(request, SESSION)


def set_state(request: Request, response: Response, state: str) -> None:
    """Set the cookie that binds the OAuth state to this browser."""
    set_cookie(request, response, _STATE, keys.sign(state), _STATE_AGE)


def clear_state(request: Request, response: Response) -> None:
    """Clear the OAuth state cookie."""
    set_cookie(request, response, _STATE, "", 0)


def matches_state(request: Request) -> bool:
    """Whether the browser's state cookie matches the `state` parameter of the request."""
    state = request.query_params.get("state", "")
    try:
        cookie = keys.parse_signed(get_cookie(request, _STATE) or "")
    except ValueError:
        return False
    return hmac.compare_digest(cookie.text.encode(), state.encode()) and cookie.is_authentic_now()


def remaining_seconds(session: Session) -> int:
    """Return the Max-Age of a session's cookie, in seconds."""
    return max(0, ceil((session.expires_at - clock.now()).total_seconds()))


def get_cookie(request: Request, name: str) -> str | None:
    """Return a cookie after percent-decoding; of several with one name, the first."""
    wanted = _full_name(request, name)
    for pair in request.headers.get("cookie", "").split(";"):
        given, _, value = pair.strip().partition("=")
        if given == wanted:
            return unquote(value.strip('"')) or None
    return None


def set_cookie(request: Request, response: Response, name: str, value: str, max_age: int | None) -> None:
    """Set a cookie with the attributes that all of ours have; without `max_age` it is a session
    cookie of the browser.
    """
    response.headers.append("set-cookie", format_cookie(request, name, value, max_age))


def format_cookie(request: Request, name: str, value: str, max_age: int | None) -> str:
    """Return the value of a `Set-Cookie` header.

    The state cookie is read after a redirect from another site, so it is never strict and not partitioned.
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


def _full_name(request: Request, name: str) -> str:
    return f"{'__Secure-' if _is_secure(request) else ''}{name}"


def _is_secure(request: Request) -> bool:
    choice = config().secure_cookies
    return choice == "on" or (choice == "auto" and base_url(request).startswith("https://"))
