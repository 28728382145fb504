"""The cookies of the better-auth protocol: signed, percent-encoded, cleared by the same attributes."""

from base64 import b64decode, b64encode
from math import ceil
from urllib.parse import quote, unquote

from starlette.requests import Request
from starlette.responses import Response

from gatehouse import keys
from gatehouse.config import config
from gatehouse.http.origin import base_url
from gatehouse.sessions import Session, SessionToken

_SESSION, _DATA, _DONT_REMEMBER = "session_token", "session_data", "dont_remember"
_SIGNATURE_LENGTH = 44  # 32 bytes in padded base64


def set_session(request: Request, response: Response, session: Session, token: SessionToken) -> None:
    """Hand the browser its session, and a script the same as a header."""
    signed = sign(str(token))
    max_age = ceil((session.expires_at - session.updated_at).total_seconds()) if session.remember else None
    _add(request, response, _SESSION, signed, max_age)
    if not session.remember:
        _add(request, response, _DONT_REMEMBER, sign("true"), None)
    response.headers["set-auth-token"] = signed


def clear_session(request: Request, response: Response) -> None:
    """Take every cookie of a session back, whether or not the browser has it."""
    for name in (_SESSION, _DATA, _DONT_REMEMBER):
        _add(request, response, name, "", 0)


def session_cookie(request: Request) -> str | None:
    """The session cookie as it stands after percent-decoding: `token.signature`."""
    wanted = _full_name(request, _SESSION)
    for pair in request.headers.get("cookie", "").split(";"):
        name, _, value = pair.strip().partition("=")
        if name == wanted:
            return unquote(value.strip('"')) or None
    return None


def sign(value: str) -> str:
    """`value.signature`."""
    return f"{value}.{b64encode(keys.mac(keys.COOKIE, value.encode())).decode()}"


def unsign(signed: str, *, check: bool) -> str | None:
    """The value of `value.signature`; None when the form or, where `check` asks for it, the signature is wrong."""
    value, _, signature = signed.rpartition(".")
    if len(signature) != _SIGNATURE_LENGTH or not signature.endswith("="):
        return None
    if check and not keys.matches(keys.COOKIE, value.encode(), _decoded(signature)):
        return None
    return value


def _add(request: Request, response: Response, name: str, value: str, max_age: int | None) -> None:
    parts = [f"{_full_name(request, name)}={quote(value, safe='')}"]
    if max_age is not None:
        parts.append(f"Max-Age={max_age}")
    parts += ["Path=/", "HttpOnly", *(["Secure"] if _is_secure(request) else []), "SameSite=Lax"]
    response.headers.append("set-cookie", "; ".join(parts))


def _full_name(request: Request, name: str) -> str:
    return f"{'__Secure-' if _is_secure(request) else ''}better-auth.{name}"


def _is_secure(request: Request) -> bool:
    choice = config().secure_cookies
    return choice == "on" or (choice == "auto" and base_url(request).startswith("https://"))


def _decoded(signature: str) -> bytes:
    try:
        return b64decode(signature, validate=True)
    except ValueError:
        return b""
