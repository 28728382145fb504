"""GET /api/auth/list-trusted-devices: the devices on which the second factor is not asked for."""

from collections.abc import Callable

import pytest

from tests.support.auth_calls import request_reset, reset_password
from tests.support.calls import Api
from tests.support.interleaving import interleave
from tests.support.layer import layer
from tests.support.mailbox import Mailbox
from tests.support.people import PASSWORD, People
from tests.support.two_factor import (
    LIST_TRUSTED,
    TRUST,
    VERIFY_BACKUP,
    VERIFY_TOTP,
    Enrolled,
    challenge,
    cookie_of,
    give,
    is_challenged,
)

ORIGIN = {"origin": "https://app.example.com"}
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SIGN_IN = "POST /api/auth/sign-in/email"


@pytest.fixture
def trusted(call: Api, enrolled: Enrolled, advance_clock: Callable[..., None]) -> str:
    """The cookie of a device that Ann trusts."""
    advance_clock(minutes=1)
    body = {"two_factor_token": challenge(call, enrolled.email), "code": enrolled.app.code(), "trustDevice": True}
    done = call(VERIFY_TOTP, headers={"user-agent": FIREFOX}, json=body)
    assert done.status == 200
    return cookie_of(done, TRUST)


def sign_in(call: Api, enrolled: Enrolled, cookie: str) -> str:
    """Sign in from the trusted device, and return its next cookie; empty when it is not trusted."""
    response = call(SIGN_IN, cookies=[cookie], headers=ORIGIN, json={"email": enrolled.email, "password": PASSWORD})
    assert response.status == 200, response.text
    assert ("token" in response.json) == bool(cookie_of(response, TRUST))
    assert ("token" in response.json) != (f"{TRUST}=; Max-Age=0" in "".join(response.cookies))
    return cookie_of(response, TRUST)


def test_a_device_is_listed_with_place_and_use(call: Api, enrolled: Enrolled, trusted: str) -> None:
    (device,) = call(LIST_TRUSTED, bearer=enrolled.token, cookies=[trusted], headers=ORIGIN).json

    assert set(device) == {"id", "createdAt", "usedAt", "expiresAt", "ipAddress", "userAgent", "isCurrent"}
    assert (device["userAgent"], device["ipAddress"], device["isCurrent"]) == (FIREFOX, "203.0.113.7", True)
    assert [one["isCurrent"] for one in call(LIST_TRUSTED, bearer=enrolled.token).json] == [False]


def test_the_latest_used_device_is_the_first(
    call: Api, enrolled: Enrolled, trusted: str, advance_clock: Callable[..., None]
) -> None:
    advance_clock(minutes=1)
    give(call, VERIFY_TOTP, challenge(call, enrolled.email), enrolled.app.code(), trustDevice=True)
    assert [one["userAgent"] for one in call(LIST_TRUSTED, bearer=enrolled.token).json] == ["pytest", FIREFOX]
    advance_clock(minutes=1)
    body = {"email": enrolled.email, "password": PASSWORD}
    call(SIGN_IN, cookies=[trusted], headers=ORIGIN | {"user-agent": FIREFOX + "!"}, ip="198.51.100.1", json=body)

    first, second = call(LIST_TRUSTED, bearer=enrolled.token).json

    assert (first["userAgent"], first["ipAddress"], second["userAgent"]) == (FIREFOX + "!", "198.51.100.1", "pytest")
    assert first["createdAt"] < second["usedAt"] < first["usedAt"]


def test_each_use_renews_the_cookie_and_an_older_one_is_a_copy(call: Api, enrolled: Enrolled, trusted: str) -> None:
    second = sign_in(call, enrolled, trusted)

    assert second not in {"", trusted}
    assert sign_in(call, enrolled, trusted) == ""
    assert sign_in(call, enrolled, second)
    assert len(call(LIST_TRUSTED, bearer=enrolled.token).json) == 1


def test_of_two_sign_ins_at_once_with_one_cookie_one_is_trusted(
    call: Api, enrolled: Enrolled, trusted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cookies: list[str] = []
    first = lambda: cookies.append(sign_in(call, enrolled, trusted))  # noqa: E731 -- short
    interleave(monkeypatch, "accounts.trusted_devices", "conditional_write", first)

    assert sign_in(call, enrolled, trusted) == ""
    assert all(cookies)


def test_trust_ends_after_thirty_days_without_use(
    call: Api, enrolled: Enrolled, trusted: str, advance_clock: Callable[..., None]
) -> None:
    advance_clock(days=29)
    second = sign_in(call, enrolled, trusted)
    advance_clock(days=29)
    third = sign_in(call, enrolled, second)
    advance_clock(days=30)

    assert third
    assert sign_in(call, enrolled, third) == ""


def test_a_device_is_trusted_by_one_user(call: Api, enrolled: Enrolled, trusted: str, people: People) -> None:
    other = Enrolled(call, people.signed_in("bob"))

    assert enrolled.id in trusted
    assert is_challenged(call, other.email, cookies=[trusted], headers=ORIGIN)
    assert call(LIST_TRUSTED, bearer=other.token).json == []


def test_a_cookie_with_another_signature_is_none(call: Api, enrolled: Enrolled, trusted: str) -> None:
    forged = f"{trusted.rpartition('.')[0]}.{'A' * 43}%3D"

    assert sign_in(call, enrolled, forged) == ""
    assert sign_in(call, enrolled, trusted)


def change_password(call: Api, token: str, _mailbox: Mailbox, _email: str) -> None:
    """Change the password."""
    body = {"currentPassword": PASSWORD, "newPassword": PASSWORD + "!"}
    assert call("POST /api/auth/change-password", bearer=token, json=body).status == 200
    body = {"currentPassword": PASSWORD + "!", "newPassword": PASSWORD}
    assert call("POST /api/auth/change-password", bearer=token, json=body).status == 200


def emergency(call: Api, _token: str, _mailbox: Mailbox, _email: str) -> None:
    """Stop trusting every key of before."""
    assert call
    layer("keys.rotation").rotate_immediately()
    layer("keys").refresh()


def reset(call: Api, _token: str, mailbox: Mailbox, email: str) -> None:
    """Reset the password."""
    assert reset_password(call, request_reset(call, mailbox, email), PASSWORD).status == 200


def end_others(call: Api, token: str, _mailbox: Mailbox, _email: str) -> None:
    """Sign out all other devices."""
    assert call("POST /api/auth/revoke-other-sessions", bearer=token).status == 200


def end_all(call: Api, token: str, _mailbox: Mailbox, _email: str) -> None:
    """Sign out everywhere."""
    assert call("POST /api/auth/revoke-sessions", bearer=token).status == 200


@pytest.mark.parametrize("action", [change_password, reset, end_others, end_all, emergency])
def test_what_ends_all_sessions_ends_trust(
    call: Api, enrolled: Enrolled, trusted: str, mailbox: Mailbox, action: Callable[[Api, str, Mailbox, str], None]
) -> None:
    action(call, enrolled.token, mailbox, enrolled.email)

    assert sign_in(call, enrolled, trusted) == ""
    token = give(call, VERIFY_BACKUP, challenge(call, enrolled.email), enrolled.backup_codes[0]).json["token"]
    assert call(LIST_TRUSTED, bearer=token).json == []


def test_a_session_that_is_not_fresh_is_refused(
    call: Api, enrolled: Enrolled, advance_clock: Callable[..., None]
) -> None:
    advance_clock(hours=25)

    assert call(LIST_TRUSTED, bearer=enrolled.token).code == "SESSION_NOT_FRESH"
