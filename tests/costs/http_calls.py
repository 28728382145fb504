"""Every call that is not about tasks, as it usually goes: who makes it, and with what."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from tests.costs.call_users import CallUsers
from tests.costs.oauth_returns import arrives, is_posted_back, returns, returns_by_alias
from tests.support.layer import layer
from tests.support.people import PASSWORD

type Asks = Callable[[CallUsers], dict[str, Any]]  # whoever comes, and what their request has

AUTH = "/api/auth/"
NEW_PASSWORD = "battery horse correct"
_COMPRESSED = {"headers": {"accept-encoding": "gzip"}}
_PAGES = [
    "/sign-in",
    "/sign-up",
    "/verify-email",
    "/forgot-password",
    "/reset-password",
    "/account",
    "/tasks",
    "/error",
    "/",
]
_FORMER = ["/signin", "/login", "/signup", "/register", "/email-verified", "/dashboard"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpCall:
    """A call: its routes, of which the first is made, and what it is called where that does not tell enough."""

    routes: tuple[str, ...]
    asks: Asks
    name: str = ""
    refused: bool = False  # as it is for everybody

    @property
    def called(self) -> str:
        """What the page calls it."""
        return self.name or self.routes[0]


def _visit(method: str, paths: str, asks: Asks, name: str = "") -> HttpCall:
    routes = tuple(f"{method} {AUTH}{path}" for path in paths.split())
    return HttpCall(routes=routes, asks=asks, name=name)


def _signed_in(**request: Any) -> Asks:
    return lambda guests: request | {"bearer": guests.person().token}


def _linked(asks: Callable[[str], dict[str, Any]]) -> Asks:
    def come(guests: CallUsers) -> dict[str, Any]:
        person, account = guests.linked()
        return {"bearer": person.token} | asks(account)

    return come


def _leaves(guests: CallUsers) -> dict[str, Any]:
    person, token = guests.leaving()
    return {"bearer": person.token, "query": {"token": token}}


def _ends_one(asks: Callable[[str], dict[str, Any]]) -> Asks:
    def come(guests: CallUsers) -> dict[str, Any]:
        """Somebody who is signed in on two devices, and ends one session from the other."""
        person = guests.person()
        other = guests.people.sign_in(person.email)
        sessions = guests.call("GET /api/auth/list-sessions", bearer=person.token).json
        (ended,) = (session["id"] for session in sessions if session["id"] in other.token)
        return {"bearer": person.token} | asks(ended)

    return come


def _signs_up(guests: CallUsers) -> dict[str, Any]:
    return {"json": {"email": guests.address(), "password": PASSWORD, "name": "Ann Guest"}}


def _sign_in_email(guests: CallUsers) -> dict[str, Any]:
    return {"json": {"email": guests.known(), "password": PASSWORD}}


def _was_away(guests: CallUsers) -> dict[str, Any]:
    """Somebody whose session is to be renewed."""
    clock = layer("clock")
    with patch.object(clock, "now", lambda now=clock.now: now() - timedelta(days=2)):
        return {"bearer": guests.person().token}


HTTP_CALLS = (
    _visit("POST", "sign-up/email signup register", _signs_up),
    _visit("POST", "verify-email", lambda guests: {"json": {"token": guests.verification()}}),
    _visit("GET", "verify-email", lambda guests: {"query": {"token": guests.verification()}}),
    _visit("POST", "send-verification-email resend-verification", lambda guests: {"json": {"email": guests.waiting()}}),
    _visit("POST", "sign-in/email signin login", _sign_in_email),
    _visit(
        "POST",
        "request-password-reset forgot-password forget-password",
        lambda guests: {"json": {"email": guests.known()}},
    ),
    _visit("POST", "reset-password", lambda guests: {"json": {"newPassword": NEW_PASSWORD, "token": guests.reset()}}),
    _visit(
        "GET",
        "reset-password/{token}",
        lambda guests: {"token": guests.reset(), "query": {"callbackURL": "/"}},
    ),
    _visit("GET", "get-session session me", _signed_in()),
    _visit("GET", "get-session session me", _was_away, "GET /api/auth/get-session, once a day"),
    _visit("GET", "token", _signed_in()),
    _visit("POST", "refresh", lambda guests: {"json": {"refresh_token": guests.refresh()}}),
    _visit("POST", "sign-out signout logout", _signed_in()),
    _visit("GET", "list-sessions sessions", _signed_in()),
    _visit("POST", "revoke-session", _ends_one(lambda session: {"json": {"token": session}})),
    _visit("DELETE", "sessions/{session_id}", _ends_one(lambda session: {"session_id": session})),
    _visit("POST", "revoke-sessions", _signed_in()),
    _visit("POST", "revoke-other-sessions", _signed_in()),
    HttpCall(routes=(f"POST {AUTH}update-session",), asks=_signed_in(json={}), refused=True),
    _visit("POST", "update-user", _signed_in(json={"name": "Ann of Example"})),
    _visit("POST", "verify-password", _signed_in(json={"password": PASSWORD})),
    _visit("POST", "change-password", _signed_in(json={"currentPassword": PASSWORD, "newPassword": NEW_PASSWORD})),
    _visit(
        "POST",
        "change-email",
        lambda guests: {"bearer": guests.person().token, "json": {"newEmail": guests.address()}},
    ),
    _visit("POST", "delete-user", _signed_in(json={"password": PASSWORD})),
    _visit("GET", "delete-user/callback", _leaves),
    _visit("GET", "export", _signed_in()),
    _visit("GET", "list-accounts", _linked(lambda _: {})),
    _visit("POST", "sign-in/social", lambda _: {"json": {"provider": "google"}}),
    _visit("GET", "oauth/google", lambda _: {}),
    _visit("GET", "callback/{provider}", arrives, "GET /api/auth/callback/{provider}, the first time"),
    _visit("GET", "callback/{provider}", returns),
    _visit("POST", "callback/{provider}", is_posted_back),
    _visit("GET", "oauth/google/callback", returns_by_alias),
    _visit("POST", "link-social", _signed_in(json={"provider": "google"})),
    _visit("POST", "unlink-account", _linked(lambda account: {"json": {"accountId": account}})),
    _visit("POST", "get-access-token", _linked(lambda account: {"json": {"accountId": account}})),
    _visit("POST", "refresh-token", _linked(lambda account: {"json": {"accountId": account}})),
    _visit("GET", "account-info", _linked(lambda account: {"query": {"accountId": account}})),
    _visit("GET", "jwks", lambda _: {}),
    _visit("GET", "ok", lambda _: {}),
    _visit("GET", "error", lambda _: {}),
    HttpCall(routes=("GET /health",), asks=lambda _: {}),
    HttpCall(routes=tuple(f"GET {path}" for path in _PAGES), asks=lambda _: {}, name="a hosted page"),
    HttpCall(routes=tuple(f"GET {path}" for path in _FORMER), asks=lambda _: {}, name="the old address of a page"),
    HttpCall(
        routes=("GET /auth/assets/{name}",),
        asks=lambda _: {"name": layer("pages.assets").find_asset("gatehouse.js").name} | _COMPRESSED,
        name="the script of all pages",
    ),
    HttpCall(routes=("GET /auth/button.js",), asks=lambda _: _COMPRESSED),
)
