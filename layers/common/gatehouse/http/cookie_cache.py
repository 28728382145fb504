"""The session_data cookie: get-session's response, cached in the browser for a few minutes.

It has the protocol's compact form. It is off unless CookieCacheAge is set: an ended session stays valid in it until it
expires, though for get-session alone. After an emergency rotation it is invalid within ten seconds.
"""

import hmac
import json
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gatehouse import base64url, clock, keys
from gatehouse.config import config
from gatehouse.http.cookies import DATA, clear_session_cache, format_cookie, get_cookies, set_cookie

_SESSION_ONLY_AGE = 60  # seconds
_MAX_COOKIE_SIZE = 4096  # bytes, which browsers keep of a cookie


def store(request: Request, response: Response, body: dict[str, Any], *, remember: bool) -> datetime | None:
    """Store `body`, which has `session` and `user`, in the browser; clear the cookie when it would be too large.

    Returns when the entry ends; None where there is none.
    """
    age = int(config().cookie_cache_age.total_seconds())
    if not age:
        return None
    now = _milliseconds(clock.now())
    expires_at = now + 1000 * (age if remember else _SESSION_ONLY_AGE)
    content = {"session": body["session"], "user": body["user"], "updatedAt": now, "version": "1"}
    payload = {"session": content, "expiresAt": expires_at, "signature": _signature(content, expires_at)}
    value, max_age = base64url.encode(_json(payload)), age if remember else None
    if len(format_cookie(request, DATA, value, max_age)) > _MAX_COOKIE_SIZE:
        clear_session_cache(request, response)
        return None
    set_cookie(request, response, DATA, value, max_age)
    return datetime.fromtimestamp(expires_at / 1000, tz=UTC)


def load(request: Request, token: str) -> dict[str, Any] | None:
    """Return the cached session and user for this session token, if the cookie is authentic and has not expired.

    Two of them that differ count as none.
    """
    if not config().cookie_cache_age:
        return None
    found = [content for cookie in get_cookies(request, DATA) if (content := _parse(cookie, token))]
    return found[0] if len(found) == 1 else None


def _parse(cookie: str, token: str) -> dict[str, Any] | None:
    try:
        payload = json.loads(base64url.decode(cookie))
        content, expires_at, now = payload["session"], payload["expiresAt"], clock.now()
        is_current = expires_at > _milliseconds(now) and datetime.fromisoformat(content["session"]["expiresAt"]) > now
        if (
            is_current
            and content["session"]["token"] == token
            and _is_signed(content, expires_at, payload["signature"])
            and datetime.fromisoformat(content["session"]["createdAt"]) >= keys.not_before()
        ):
            return {"session": content["session"], "user": content["user"]}
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    return None


def _is_signed(content: dict[str, Any], expires_at: int, signature: str) -> bool:
    keys.refresh_if_stale()
    return hmac.compare_digest(signature, _signature(content, expires_at))


def _signature(content: dict[str, Any], expires_at: int) -> str:
    return base64url.encode(keys.mac(keys.CACHE, _json({**content, "expiresAt": expires_at})))


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
