"""Calls of authentication routes that many tests make."""

from collections.abc import Callable
from typing import Any

from tests.support.calls import Api, Response
from tests.support.mailbox import Mailbox
from tests.support.people import PASSWORD, Person

type Caller = Callable[..., Response]
"""Calls a route: `Api`, or a browser with its cookies."""

TRUSTED_ORIGIN = {"origin": "https://app.example.com"}  # of a site that may call with a cookie
CLEARED_COOKIES = [
    f"__Secure-better-auth.{name}=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax"
    for name in ("session_token", "session_data", "dont_remember")
]


SIGN_UP_COOKIE, VERIFIED_COOKIE = "__Host-gatehouse.sign_up", "__Host-gatehouse.verified"


def cookie_names(response: Response) -> list[str]:
    """Return the names of the cookies that a response sets or clears."""
    return [line.partition("=")[0] for line in response.cookies]


def sign_up(call: Caller, email: str, password: str = PASSWORD, **more: Any) -> Response:
    """Sign up; `more` goes into the body."""
    return call("POST /api/auth/sign-up/email", json={"email": email, "password": password} | more)


def sign_in(call: Caller, email: str, password: str = PASSWORD) -> Response:
    """Sign in with a password."""
    return call("POST /api/auth/sign-in/email", json={"email": email, "password": password})


def verify(call: Caller, token: str, **more: Any) -> Response:
    """Redeem a mailed token; `more` goes into the body."""
    return call("POST /api/auth/verify-email", json={"token": token} | more)


def request_reset(call: Api, mailbox: Mailbox, email: str) -> str:
    """Request a password reset and return the mailed token."""
    mailbox.deliver()  # so that the requested mail is the last
    call("POST /api/auth/request-password-reset", json={"email": email})
    return mailbox.to(email)[-1].token


def reset_password(call: Caller, token: str, password: str) -> Response:
    """Set a new password with a mailed token."""
    return call("POST /api/auth/reset-password", json={"token": token, "newPassword": password})


def is_signed_in(call: Api, person: Person) -> bool:
    """Whether the user's session is still valid."""
    return call("GET /api/auth/me", bearer=person.token).status == 200


def account_id(call: Api, bearer: str) -> str:
    """Return the id of the user's last linked account."""
    account: str = call("GET /api/auth/list-accounts", bearer=bearer).json[-1]["id"]
    return account
