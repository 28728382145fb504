"""What a browser remembers of a sign-up and of a verification: signed cookies that show whose password it is.

They are checked by the cached keyring, so ask for them once the current one was read.
"""

from starlette.requests import Request
from starlette.responses import Response

from gatehouse import keys
from gatehouse.http.cookies import SIGN_UP, VERIFIED, set_cookie, signed_cookie

_WEEK = 7 * 86_400  # seconds, as long as a sign-up waits


def remember_sign_up(request: Request, response: Response, sign_up_id: str) -> None:
    """Set the cookie by which this browser shows that it began a sign-up."""
    _set(request, response, SIGN_UP, sign_up_id)


def forget_sign_up(request: Request, response: Response) -> None:
    """Clear the cookie of a sign-up that is completed."""
    set_cookie(request, response, SIGN_UP, "", 0)


def remembered_sign_up(request: Request) -> str | None:
    """Return the id of the sign-up that this browser began last."""
    return _get(request, SIGN_UP)


def remember_verification(request: Request, response: Response, user_id: str) -> None:
    """Set the cookie by which this browser shows that the address of a user was verified in it."""
    _set(request, response, VERIFIED, user_id)


def remembered_verification(request: Request) -> str | None:
    """Return the user whose address was verified in this browser last."""
    return _get(request, VERIFIED)


def _set(request: Request, response: Response, name: str, value: str) -> None:
    """Set a cookie. Its name is signed with the value, so that no other signed cookie fits in its place."""
    set_cookie(request, response, name, keys.sign(f"{name}:{value}"), _WEEK)


def _get(request: Request, name: str) -> str | None:
    given, _, value = (signed_cookie(request, name) or "").partition(":")
    return value if given == name else None
