"""The session_data cookie: what get-session answered, good for a few minutes without asking DynamoDB.

In the protocol's compact form. Off unless CookieCacheAge says for how long: a session that was ended elsewhere lives on
in it until then, though for get-session alone. A key that was given up is believed for half a minute at most.
"""

import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gatehouse import clock, keys
from gatehouse.config import config
from gatehouse.http.cookies import DATA, add_cookie, cookie_line, drop_cached, read_cookie

_UNREMEMBERED = 60  # seconds
_LONGEST = 4096  # bytes, which browsers keep of a cookie


def write(request: Request, response: Response, body: dict[str, Any], *, remember: bool) -> None:
    """Let the browser keep `body`, with its `session` and `user`; nothing where that would be more than it keeps."""
    age = int(config().cookie_cache_age.total_seconds())
    if not age:
        return
    now = _milliseconds(clock.now())
    expires_at = now + 1000 * (age if remember else _UNREMEMBERED)
    content = {"session": body["session"], "user": body["user"], "updatedAt": now, "version": "1"}
    whole = {"session": content, "expiresAt": expires_at, "signature": _signature(content, expires_at)}
    value, max_age = _encode(_json(whole)), age if remember else None
    if len(cookie_line(request, DATA, value, max_age)) > _LONGEST:
        drop_cached(request, response)
    else:
        add_cookie(request, response, DATA, value, max_age)


def read(request: Request, token: str) -> dict[str, Any] | None:
    """What the browser kept for the session with this token, if it is whole, ours and still good."""
    kept = read_cookie(request, DATA)
    if not kept or not config().cookie_cache_age:
        return None
    try:
        whole = json.loads(_decode(kept))
        content, expires_at, now = whole["session"], whole["expiresAt"], clock.now()
        is_current = expires_at > _milliseconds(now) and datetime.fromisoformat(content["session"]["expiresAt"]) > now
        if is_current and content["session"]["token"] == token and _is_signed(content, expires_at, whole["signature"]):
            return {"session": content["session"], "user": content["user"]}
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    return None


def _is_signed(content: dict[str, Any], expires_at: int, signature: str) -> bool:
    keys.keep_up()
    return hmac.compare_digest(signature, _signature(content, expires_at))


def _signature(content: dict[str, Any], expires_at: int) -> str:
    return _encode(keys.mac(keys.CACHE, _json({**content, "expiresAt": expires_at})))


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _encode(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _milliseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
