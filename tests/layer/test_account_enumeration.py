"""Enumeration: known and unknown addresses get the same response, after the same work."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.layer.every_route import each, function
from tests.support.auth_calls import cookie_names, sign_up
from tests.support.calls import Api, Response
from tests.support.layer import layer
from tests.support.mailbox import Mailbox
from tests.support.people import PASSWORD, People

UNKNOWN, PENDING, VERIFIED = "stranger@example.com", "bob@example.com", "ann@example.com"
VOLATILE = {"id", "email", "createdAt", "updatedAt"}


@pytest.fixture(autouse=True)
def _users(call: Api, people: People, mailbox: Mailbox) -> None:
    """A verified user and a pending sign-up; every function has been called once."""
    people.verified("ann")
    sign_up(call, PENDING)
    assert mailbox.last
    for route, request in REQUESTS.items():
        call(route, json=request | {"email": "warm@example.com"})


def comparable(response: Response) -> Any:
    """Return a response without ids, times and values of cookies, which always differ."""
    body = response.json
    user = {key: value for key, value in (body.get("user") or {}).items() if key not in VOLATILE}
    order = list((body.get("user") or {}).keys())
    headers = {name: value for name, value in response.headers.items() if name != "content-length"}
    cookies = [
        (name, line.partition(";")[2]) for name, line in zip(cookie_names(response), response.cookies, strict=True)
    ]
    return response.status, body | ({"user": user} if user else {}), order, headers, cookies


SIGN_IN, SIGN_UP = {"password": "not the password"}, {"password": "somebody's password", "name": "X"}
REQUESTS: dict[str, dict[str, Any]] = {
    **{f"POST /api/auth/{path}": SIGN_IN for path in ("sign-in/email", "signin", "login")},
    **{f"POST /api/auth/{path}": SIGN_UP for path in ("sign-up/email", "signup", "register")},
    **{f"POST /api/auth/{path}": {} for path in ("request-password-reset", "forgot-password")},
    "POST /api/auth/forget-password": {"redirectTo": "/new"},
    "POST /api/auth/send-verification-email": {},
    "POST /api/auth/resend-verification": {"callbackURL": "/home"},
}


@each([*REQUESTS], function)
def test_ghsa_jq8w_8q2f_ffm9_known_and_unknown_addresses_get_the_same_response(call: Api, route: str) -> None:
    """S-09, S-15, S-51: the same status, body, headers and AWS calls in the same order."""
    seen = []
    for email in (UNKNOWN, PENDING, VERIFIED):
        response = call(route, json=REQUESTS[route] | {"email": email})
        seen.append((comparable(response), call.aws_operations))

    assert seen[0] == seen[1] == seen[2]
    assert seen[0][1]


@pytest.mark.parametrize("email", [UNKNOWN, PENDING, VERIFIED])
def test_each_sign_in_and_each_sign_up_hashes_once(call: Api, count_hashes: Callable[[], int], email: str) -> None:
    for number, (route, password) in enumerate((("sign-in", "not the password"), ("sign-up", PASSWORD)), 1):
        call(f"POST /api/auth/{route}/email", json={"email": email, "password": password})
        assert count_hashes() == number


@pytest.fixture
def count_hashes(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Return the number of Argon2 computations since."""
    from gatehouse.accounts import passwords  # noqa: PLC0415 -- the layer reads the environment when imported

    real, work = passwords._hasher, []

    class Hasher:
        def hash(self, password: bytes, salt: bytes | None = None) -> str:
            work.append("hash")
            return real.hash(password, salt=salt)

        def verify(self, stored: str, password: bytes) -> bool:
            work.append("verify")
            return real.verify(stored, password)

        def check_needs_rehash(self, stored: str) -> bool:
            return real.check_needs_rehash(stored)

    passwords.is_correct("warm", None)
    monkeypatch.setattr(passwords, "_hasher", Hasher())
    return lambda: len(work)


@pytest.mark.parametrize("email", [UNKNOWN, PENDING, VERIFIED])
def test_responses_without_a_hash_are_delayed_to_a_constant_time(
    call: Api, people: People, monkeypatch: pytest.MonkeyPatch, email: str
) -> None:
    """S-10: DynamoDB may find a row faster or slower than none."""
    middleware, delays = layer("http.middleware"), []

    async def sleep(seconds: float) -> None:
        delays.append(seconds)

    monkeypatch.setattr(middleware, "_CONSTANT_TIME_STEP", 1000)
    monkeypatch.setattr(middleware, "sleep", sleep)

    call("POST /api/auth/forgot-password", json={"email": email})
    call("POST /api/auth/resend-verification", json={"email": email})
    call("POST /api/auth/change-email", json={"newEmail": email}, bearer=people.signed_in("eve").token)
    call("GET /api/auth/ok")

    assert [950 < delay < 1000 for delay in delays] == [True] * 3


def test_only_addresses_with_an_account_or_a_pending_sign_up_are_mailed(call: Api, mailbox: Mailbox) -> None:
    before = len(mailbox.all)

    for email in (UNKNOWN, PENDING, VERIFIED):
        call("POST /api/auth/forgot-password", json={"email": email})

    assert sorted(mail.to for mail in mailbox.all[before:]) == [VERIFIED, PENDING]
