"""The cookies of the better-auth protocol: signed, percent-encoded, and cleared with the same attributes."""

import hmac
import re
from datetime import timedelta
from math import ceil
from urllib.parse import quote, unquote, urlsplit

from starlette.requests import Request
from starlette.responses import Response

from gatehouse import clock, keys
from gatehouse.config import config
from gatehouse.http.origin import base_url
from gatehouse.sessions import Session, SessionToken

SESSION, DATA, DONT_REMEMBER = "better-auth.session_token", "better-auth.session_data", "better-auth.dont_remember"
TWO_FACTOR, TRUSTED = "better-auth.two_factor", "better-auth.trust_device"
DEVICE, SIGN_UP, VERIFIED = "gatehouse.device", "gatehouse.sign_up", "gatehouse.verified"
_HOST_ONLY = {SIGN_UP, VERIFIED}  # another host of the domain must not be able to set them
_STATE = "better-auth.state"
_SIGNED = re.compile(r"(?P<token>[\w-]+)\.[A-Za-z0-9+/]{43}=", re.ASCII)
_MOST_LABELS = 5  # of a domain that cookies are cleared for
_STATE_AGE = 300  # seconds
_MAX_STATES, _BETWEEN_STATES = 10, "~"  # in the state cookie, the newest last; a character that is in no state


def set_session(request: Request, response: Response, session: Session, token: SessionToken) -> None:
    """Set the session cookie, and the same value as a header for scripts."""
    signed = keys.sign(str(token))
    set_cookie(request, response, SESSION, signed, _lifetime(session))
    _set_dont_remember(request, response, remember=session.remember)
    response.headers["set-auth-token"] = signed


def set_challenge(request: Request, response: Response, token: str, lifetime: timedelta, *, remember: bool) -> None:
    """Set the cookie of a sign-in that waits for the second factor, and clear those of the session of before, and of a
    device that is not trusted.
    """
    _set_dont_remember(request, response, remember=remember)
    for name in (SESSION, DATA, *([TRUSTED] if get_cookies(request, TRUSTED) else [])):
        set_cookie(request, response, name, "", 0)
    set_cookie(request, response, TWO_FACTOR, keys.sign(token), int(lifetime.total_seconds()))


def format_session(request: Request, session: Session, token: SessionToken) -> str:
    """Return the `Set-Cookie` value of a new session, for a client that does not get it in this response."""
    return format_cookie(request, SESSION, keys.sign(str(token)), _lifetime(session))


def _set_dont_remember(request: Request, response: Response, *, remember: bool) -> None:
    if not remember:
        set_cookie(request, response, DONT_REMEMBER, keys.sign("true"), None)
    elif get_cookies(request, DONT_REMEMBER):
        set_cookie(request, response, DONT_REMEMBER, "", 0)


def clear_session(request: Request, response: Response) -> None:
    """Clear every session cookie, whether or not the browser has it."""
    for name in (SESSION, DATA, DONT_REMEMBER):
        set_cookie(request, response, name, "", 0)


def resend_session(request: Request, response: Response, session: Session) -> None:
    """Send the caller's session cookie again, unchanged, and clear the cached session beside it.

    A caller without a session cookie, or with one that has not our form, gets none.
    """
    token = str(request.state.caller.credential)
    forms = (_SIGNED.fullmatch(signed) for signed in get_cookies(request, SESSION))
    signed = next((form[0] for form in forms if form and form["token"] == token), None)
    if signed:
        set_cookie(request, response, SESSION, signed, remaining_seconds(session) if session.remember else None)
        response.headers["set-auth-token"] = signed
    clear_session_cache(request, response)


def clear_session_cache(request: Request, response: Response) -> None:
    """Clear the session_data cookie, because what it caches has changed."""
    if config().cookie_cache_age:
        set_cookie(request, response, DATA, "", 0)


def add_state(request: Request, response: Response, state: str) -> None:
    """Add an OAuth state to the cookie that binds states to this browser; the oldest of too many are dropped."""
    keys.refresh_if_stale()
    _set_states(request, response, [*_states(request), state][-_MAX_STATES:])


def remove_state(request: Request, response: Response, state: str) -> None:
    """Remove an OAuth state from the cookie; those of other tabs stay."""
    _set_states(request, response, [other for other in _states(request) if other != state])


def has_state(request: Request, state: str) -> bool:
    """Whether an OAuth state is one of this browser's, by a key that is trusted now."""
    if not any(state in _split_states(value.rpartition(".")[0]) for value in get_cookies(request, _STATE)):
        return False
    keys.refresh_if_stale()
    return any(hmac.compare_digest(own.encode(), state.encode()) for own in _states(request))


def has_states(request: Request) -> bool:
    """Whether the browser sent any OAuth state, even one that is not authentic."""
    return bool(get_cookies(request, _STATE))


def _states(request: Request) -> list[str]:
    return _split_states(signed_cookie(request, _STATE) or "")


def _split_states(text: str) -> list[str]:
    return [state for state in text.split(_BETWEEN_STATES) if state]


def _set_states(request: Request, response: Response, states: list[str]) -> None:
    value = keys.sign(_BETWEEN_STATES.join(states)) if states else ""
    set_cookie(request, response, _STATE, value, _STATE_AGE if states else 0)


def _lifetime(session: Session) -> int | None:
    seconds = ceil((session.expires_at - session.updated_at).total_seconds())
    return seconds if session.remember else None


def remaining_seconds(session: Session) -> int:
    """Return the Max-Age of a session's cookie, in seconds."""
    return max(0, ceil((session.expires_at - clock.now()).total_seconds()))


def get_cookies(request: Request, name: str) -> list[str]:
    """Return the values of a cookie after percent-decoding, each once, in the browser's order.

    There are several when another host of the domain has set one, too, or CookieDomain was changed.
    """
    return list(dict.fromkeys(value for text in _sent(request, name) if (value := unquote(text.strip('"')))))


def signed_cookie(request: Request, name: str) -> str | None:
    """Return the text of a signed cookie. Two different ones with good signatures count as none, and are cleared."""
    texts = {text for value in get_cookies(request, name) if (text := _authentic_text(value)) is not None}
    if len(texts) > 1:
        clear_with_response(request, name)
    return texts.pop() if len(texts) == 1 else None


def clear_with_response(request: Request, name: str) -> None:
    """Clear a cookie in every scope, partitioned or not, with whatever response follows, unless that sets it itself.

    This depends on no setting of cookies, which functions that set none do not have.
    """
    attributes = ["SameSite=None", "SameSite=None; Partitioned"] if _is_secure(request) else ["SameSite=Lax"]
    lines = [_clearing(request, name, domain, more) for domain in _scopes(request) for more in attributes]
    request.state.cleared_cookies = getattr(request.state, "cleared_cookies", {}) | {_full_name(request, name): lines}


def cleared_cookies(request: Request, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """Return the headers that `clear_with_response` adds to these."""
    cleared: dict[str, list[str]] = getattr(request.state, "cleared_cookies", {})
    present = {value.partition(b"=")[0] for name, value in headers if name == b"set-cookie"} if cleared else set()
    lines = (line for name, lines in cleared.items() if name.encode() not in present for line in lines)
    return [(b"set-cookie", line.encode()) for line in lines]


def set_cookie(request: Request, response: Response, name: str, value: str, max_age: int | None) -> None:
    """Set a cookie with the attributes that all of ours have; without `max_age` it is a session
    cookie of the browser. Where the browser sent several of the name, those of other scopes are cleared.
    """
    if len(_sent(request, name)) > 1:
        for domain in _scopes(request):
            if domain != _domain(name):
                line = _clearing(request, name, domain, _same_site(name))
                response.headers.append("set-cookie", line)
    response.headers.append("set-cookie", format_cookie(request, name, value, max_age))


def format_cookie(request: Request, name: str, value: str, max_age: int | None) -> str:
    """Return the value of a `Set-Cookie` header."""
    domain = _domain(name)
    parts = [
        f"{_full_name(request, name)}={quote(value, safe='')}",
        *([] if max_age is None else [f"Max-Age={max_age}"]),
        *([f"Domain={domain}"] if domain else []),
        "Path=/",
        "HttpOnly",
        *(["Secure"] if _is_secure(request) else []),
        _same_site(name),
    ]
    return "; ".join(parts)


def _domain(name: str) -> str:
    return "" if name in _HOST_ONLY else config().cookie_domain


def _same_site(name: str) -> str:
    """Return the attributes that are settings.

    The state cookie is read after a redirect from another site, so it is never strict and not partitioned.
    """
    same_site = config().cookie_same_site
    if name == _STATE and same_site == "strict":
        same_site = "lax"
    partitioned = "; Partitioned" if same_site == "none" and name != _STATE else ""
    return f"SameSite={same_site.capitalize()}{partitioned}"


def _sent(request: Request, name: str) -> list[str]:
    wanted = _full_name(request, name)
    pairs = (pair.strip().partition("=") for pair in request.headers.get("cookie", "").split(";"))
    return [value for given, _, value in pairs if given == wanted]


def _scopes(request: Request) -> list[str]:
    """Return the scopes of cookies that this host may receive: the host alone, and each domain that holds it, one of
    which is CookieDomain. Browsers refuse those that are public suffixes. Of a deep host, the four shortest are enough.
    """
    host = urlsplit(base_url(request)).hostname or ""
    labels = host.split(".")
    is_address = labels[-1].isdigit() or ":" in host
    depths = () if is_address else range(min(len(labels), _MOST_LABELS), 1, -1)
    return ["", *(".".join(labels[-depth:]) for depth in depths)]


def _clearing(request: Request, name: str, domain: str, attributes: str) -> str:
    """Return the `Set-Cookie` value that clears a cookie in one scope."""
    scope = f"{_full_name(request, name)}=; Max-Age=0;{f' Domain={domain};' if domain else ''} Path=/; HttpOnly"
    return f"{scope}; {'Secure; ' if _is_secure(request) else ''}{attributes}"


def _authentic_text(value: str) -> str | None:
    try:
        signed = keys.parse_signed(value)
    except ValueError:
        return None
    return signed.text if signed.is_authentic_now() else None


def _full_name(request: Request, name: str) -> str:
    prefix = "__Host-" if name in _HOST_ONLY else "__Secure-"
    return f"{prefix if _is_secure(request) else ''}{name}"


def _is_secure(request: Request) -> bool:
    choice = config().secure_cookies
    return choice == "on" or (choice == "auto" and base_url(request).startswith("https://"))
