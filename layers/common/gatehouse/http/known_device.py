"""The cookie of a known device: failed sign-ins from elsewhere do not lock it out."""

import hmac

from starlette.requests import Request
from starlette.responses import Response

from gatehouse import keys, throttle
from gatehouse.config import config
from gatehouse.http.cookies import get_cookies, set_cookie

_DEVICE = "gatehouse.device"
_YEAR = 365 * 86_400  # seconds


def remember_device(request: Request, response: Response, email: str) -> None:
    """Make this browser a known device of an address."""
    if config().rate_limits == "on":
        value = throttle.pseudonym(email)
        mac = keys.mac(keys.DEVICE, value.encode()).hex()
        set_cookie(request, response, _DEVICE, f"{value}.{mac}", _YEAR)


def is_known_device(request: Request, email: str) -> bool:
    """Whether this browser has signed in with this address before, by the cached keyring: any of its
    cookies may say so.
    """
    return any(_is_authentic(cookie, email) for cookie in get_cookies(request, _DEVICE))


def _is_authentic(cookie: str, email: str) -> bool:
    value, _, mac = cookie.partition(".")
    if not hmac.compare_digest(value.encode(), throttle.pseudonym(email).encode()):
        return False
    return keys.matches(keys.DEVICE, value.encode(), bytes.fromhex(mac) if _is_hex(mac) else b"")


def _is_hex(text: str) -> bool:
    return len(text) == 64 and all(digit in "0123456789abcdef" for digit in text)  # noqa: PLR2004 -- 32 bytes
