"""Every HTTP call that is not about tasks, with a typical successful request."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast
from unittest.mock import patch

from tests.costs.call_users import PICTURE, CallUsers
from tests.costs.oauth_callbacks import (
    first_callback,
    opened_by_app,
    posted_callback,
    repeated_callback,
    repeated_callback_by_alias,
)
from tests.support.layer import layer
from tests.support.people import PASSWORD
from tests.support.placeholders import filled

type MakeRequest = Callable[[CallUsers], dict[str, Any]]  # creates a user and returns the request

AUTH = "/api/auth/"
NEW_PASSWORD = "battery horse correct"
_OWNER = {"bearer": "ENROLLED", "json": {"password": PASSWORD}}
_SIGN_IN = {"json": {"email": "ENROLLED_EMAIL", "password": PASSWORD}}
_COMPRESSED = {"headers": {"accept-encoding": "gzip"}}
_PAGES = [
    "/sign-in",
    "/two-factor",
    "/sign-up",
    "/verify-email",
    "/forgot-password",
    "/reset-password",
    "/undo-email-change",
    "/delete-account",
    "/unsubscribe",
    "/account",
    "/tasks",
    "/error",
    "/",
]
_FORMER = ["/signin", "/login", "/signup", "/register", "/email-verified", "/dashboard"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpCall:
    """A call: its routes, of which the first is called, and a name if the route is not specific enough."""

    routes: tuple[str, ...]
    make_request: MakeRequest
    name: str = ""
    rejected: bool = False  # for every user

    @property
    def title(self) -> str:
        """The name on the page."""
        return self.name or self.routes[0]


def _call(method: str, paths: str, make_request: MakeRequest, name: str = "") -> HttpCall:
    routes = tuple(f"{method} {AUTH}{path}" for path in paths.split())
    return HttpCall(routes=routes, make_request=make_request, name=name)


def _signed_in(**request: Any) -> MakeRequest:
    return lambda users: request | {"bearer": users.person().token}


def _linked(make_request: Callable[[str], dict[str, Any]]) -> MakeRequest:
    def request(users: CallUsers) -> dict[str, Any]:
        person, account = users.linked()
        return {"bearer": person.token} | make_request(account)

    return request


def _confirm_deletion(users: CallUsers) -> dict[str, Any]:
    person, token = users.deleting()
    return {"bearer": person.token, "query": {"token": token}}


def _end_session(make_request: Callable[[str], dict[str, Any]]) -> MakeRequest:
    def request(users: CallUsers) -> dict[str, Any]:
        """Sign in on two devices, and end one session from the other."""
        person = users.person()
        other = users.people.sign_in(person.email)
        sessions = users.call("GET /api/auth/list-sessions", bearer=person.token).json
        (ended,) = (session["id"] for session in sessions if session["id"] in other.token)
        return {"bearer": person.token} | make_request(ended)

    return request


def _sign_up(users: CallUsers) -> dict[str, Any]:
    return {"json": {"email": users.address(), "password": PASSWORD, "name": "Ann Other"}}


def _sign_in_email(users: CallUsers) -> dict[str, Any]:
    return {"json": {"email": users.known(), "password": PASSWORD}}


def _enrolled(request: dict[str, Any]) -> MakeRequest:
    return lambda users: cast("dict[str, Any]", filled(request, users.second_factor()))


def _waiting(code: str) -> dict[str, Any]:
    return {"json": {"two_factor_token": "CHALLENGE", "code": code}}


def _with_passkey(make_body: Callable[[dict[str, Any]], Any]) -> MakeRequest:
    def request(users: CallUsers) -> dict[str, Any]:
        person = users.person()
        return {"bearer": person.token, "json": make_body(users.passkeys(person))}

    return request


def _sign_in_with_passkey(users: CallUsers) -> dict[str, Any]:
    return {"json": {"response": users.passkeys(users.person())["ASSERTION"]}}


def _renew_session(users: CallUsers) -> dict[str, Any]:
    """Create a user whose session is due for renewal."""
    clock = layer("clock")
    with patch.object(clock, "now", lambda now=clock.now: now() - timedelta(days=2)):
        return {"bearer": users.person().token}


HTTP_CALLS = (
    _call("POST", "sign-up/email signup register", _sign_up),
    _call("POST", "verify-email", lambda users: {"json": {"token": users.verification()}}),
    _call("GET", "verify-email", lambda users: {"query": {"token": users.verification()}}),
    _call("POST", "send-verification-email resend-verification", lambda users: {"json": {"email": users.waiting()}}),
    _call("POST", "sign-in/email signin login", _sign_in_email),
    _call(
        "POST",
        "request-password-reset forgot-password forget-password",
        lambda users: {"json": {"email": users.known()}},
    ),
    _call(
        "POST", "reset-password", lambda users: {"json": {"newPassword": NEW_PASSWORD, "token": users.reset_token()}}
    ),
    _call(
        "GET",
        "reset-password/{token}",
        lambda users: {"token": users.reset_token(), "query": {"callbackURL": "/"}},
    ),
    _call("GET", "get-session session me", _signed_in()),
    _call("GET", "get-session session me", _renew_session, "GET /api/auth/get-session, once a day"),
    _call("GET", "token", _signed_in()),
    _call("POST", "refresh", lambda users: {"json": {"refresh_token": users.refresh()}}),
    _call("POST", "sign-out signout logout", _signed_in()),
    _call("GET", "list-sessions sessions", _signed_in()),
    _call("POST", "revoke-session", _end_session(lambda session: {"json": {"token": session}})),
    _call("DELETE", "sessions/{session_id}", _end_session(lambda session: {"session_id": session})),
    _call("POST", "revoke-sessions", _signed_in()),
    _call("POST", "revoke-other-sessions", _signed_in()),
    HttpCall(routes=(f"POST {AUTH}update-session",), make_request=_signed_in(json={}), rejected=True),
    _call("POST", "update-user", _signed_in(json={"name": "Ann of Example"})),
    _call("POST", "update-user", _signed_in(json={"image": PICTURE}), "POST /api/auth/update-user, a picture of 25 KB"),
    _call("GET", "picture/{user_id}/{picture_id}", lambda users: users.picture()),
    _call("POST", "verify-password", _signed_in(json={"password": PASSWORD})),
    _call("POST", "change-password", _signed_in(json={"currentPassword": PASSWORD, "newPassword": NEW_PASSWORD})),
    _call(
        "POST",
        "change-email",
        lambda users: {"bearer": users.person().token, "json": {"newEmail": users.address()}},
    ),
    _call("POST", "delete-user", _signed_in(json={"password": PASSWORD})),
    _call("GET", "delete-user/callback", _confirm_deletion),
    _call("POST", "unsubscribe", lambda users: {"query": {"token": users.unsubscribing()}}),
    _call("GET", "unsubscribe", lambda _: {"query": {"token": "x" * 100}}),
    _call("GET", "export", _signed_in()),
    _call("GET", "list-accounts", _linked(lambda _: {})),
    _call("POST", "sign-in/social", lambda _: {"json": {"provider": "google"}}),
    _call("GET", "oauth/google", lambda _: {}),
    _call("GET", "expo-authorization-proxy", opened_by_app),
    _call("GET", "callback/{provider}", first_callback, "GET /api/auth/callback/{provider}, the first time"),
    _call("GET", "callback/{provider}", repeated_callback),
    _call("POST", "callback/{provider}", posted_callback),
    _call("GET", "oauth/google/callback", repeated_callback_by_alias),
    _call("POST", "link-social", _signed_in(json={"provider": "google"})),
    _call("POST", "unlink-account", _linked(lambda account: {"json": {"accountId": account}})),
    _call("POST", "get-access-token", _linked(lambda account: {"json": {"accountId": account}})),
    _call("POST", "refresh-token", _linked(lambda account: {"json": {"accountId": account}})),
    _call("GET", "account-info", _linked(lambda account: {"query": {"accountId": account}})),
    _call("POST", "sign-in/email", _enrolled(_SIGN_IN), "POST /api/auth/sign-in/email, with a second factor"),
    _call("POST", "two-factor/enable", _signed_in(json={"password": PASSWORD})),
    _call("POST", "two-factor/disable", _enrolled(_OWNER)),
    _call("POST", "two-factor/get-totp-uri", _enrolled(_OWNER)),
    _call("POST", "two-factor/verify-totp", _enrolled(_waiting("APP_CODE"))),
    _call("POST", "two-factor/send-otp", _enrolled({"json": {"two_factor_token": "CHALLENGE"}})),
    _call("POST", "two-factor/verify-otp", _enrolled(_waiting("MAILED_CODE"))),
    _call("POST", "two-factor/verify-backup-code", _enrolled(_waiting("BACKUP_CODE"))),
    _call("POST", "two-factor/generate-backup-codes", _enrolled(_OWNER)),
    _call("GET", "list-trusted-devices", _signed_in()),
    _call("POST", "revoke-trusted-device", _signed_in(json={"id": "x" * 22})),
    _call("GET", "passkey/generate-register-options", _signed_in()),
    _call("POST", "passkey/verify-registration", _with_passkey(lambda made: {"response": made["REGISTRATION"]})),
    _call("GET", "passkey/generate-authenticate-options", lambda _: {}),
    _call("POST", "passkey/verify-authentication", _sign_in_with_passkey),
    _call("GET", "passkey/list-user-passkeys", _with_passkey(lambda _: None)),
    _call("POST", "passkey/update-passkey", _with_passkey(lambda made: {"id": made["PASSKEY"], "name": "My phone"})),
    _call("POST", "passkey/delete-passkey", _with_passkey(lambda made: {"id": made["PASSKEY"]})),
    HttpCall(routes=("GET /.well-known/webauthn",), make_request=lambda _: {}),
    _call("GET", "jwks", lambda _: {}),
    _call("GET", "ok", lambda _: {}),
    _call("GET", "error", lambda _: {}),
    HttpCall(routes=("GET /health",), make_request=lambda _: {}),
    HttpCall(routes=tuple(f"GET {path}" for path in _PAGES), make_request=lambda _: {}, name="a hosted page"),
    HttpCall(
        routes=tuple(f"GET {path}" for path in _FORMER), make_request=lambda _: {}, name="the old address of a page"
    ),
    HttpCall(
        routes=("GET /auth/assets/{name}",),
        make_request=lambda _: {"name": layer("pages.assets").find_asset("gatehouse.js").name} | _COMPRESSED,
        name="the script of all pages",
    ),
    HttpCall(routes=("GET /auth/button.js",), make_request=lambda _: _COMPRESSED),
)
