"""Failed sign-ins: unknown devices are limited to ten, and cannot lock the owner out of a known device."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.auth_calls import request_reset, reset_password
from tests.support.calls import Api, Response
from tests.support.concurrency import run_concurrently
from tests.support.interleaving import interleave
from tests.support.layer import layer
from tests.support.mailbox import Mailbox
from tests.support.people import PASSWORD, People
from tests.support.tables import rows

SIGN_IN = "POST /api/auth/sign-in/email"
OURS = {"origin": "https://app.example.com"}
DEVICE = "__Secure-gatehouse.device"
WRONG = "not the owner's"


def sign_in_from(call: Api, email: str, password: str, number: int, device: str | None = None) -> Response:
    """Try a password from a new IP address."""
    request: dict[str, Any] = {"cookies": [device], "headers": OURS} if device else {}
    body = {"email": email, "password": password}
    return call(SIGN_IN, json=body, ip=f"10.0.{number // 250}.{number % 250}", **request)


def attack(call: Api, email: str, times: int = 10, first: int = 100) -> list[int]:
    """Try wrong passwords from as many IP addresses, and return the statuses."""
    return [sign_in_from(call, email, WRONG, first + number).status for number in range(times)]


@pytest.fixture
def email(people: People, settings: Callable[..., None]) -> str:
    """The address of a user, with limits on."""
    email = people.verified()
    settings(rate_limits="on")
    return email


@pytest.fixture
def device(call: Api, email: str) -> str:
    """The cookie of a device that the user has signed in on."""
    return device_of(sign_in_from(call, email, PASSWORD, 1))


def device_of(response: Response) -> str:
    """Return the device cookie of a response."""
    assert response.status in {200, 201, 302}, response.text
    (cookie,) = (cookie.partition(";")[0] for cookie in response.cookies if cookie.startswith(DEVICE))
    return cookie


def test_after_ten_failures_unknown_devices_are_refused_on_every_route_and_a_known_one_is_not(
    call: Api, email: str, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S-16: not even the right password works for an attacker, and an attacker locks nobody out."""
    assert attack(call, email) == [401] * 10
    known: dict[str, Any] = {"cookies": [device], "headers": OURS}

    with monkeypatch.context() as attack_context:  # refusals cost no hash
        attack_context.setattr(layer("accounts.passwords"), "is_correct", lambda *_: pytest.fail("hashed"))
        for password in (WRONG, PASSWORD):
            response = sign_in_from(call, email, password, 50)
            assert (response.status, response.code, response.cookies) == (429, "TOO_MANY_REQUESTS", [])
            assert response.headers["retry-after"] == response.headers["x-retry-after"]
            assert 880 <= int(response.headers["retry-after"]) <= 900
    for number, route in enumerate((SIGN_IN, "POST /api/auth/signin", "POST /api/auth/login")):
        body = {"email": email, "password": PASSWORD}
        assert call(route, json=body, ip=f"10.9.0.{number}").status == 429
        response = call(route, json=body, ip=f"10.9.1.{number}", **known)
        assert response.status == 200
        assert call("GET /api/tasks", bearer=response.headers["set-auth-token"]).status == 200
    wrong = sign_in_from(call, email, WRONG, 51, device)
    assert (wrong.status, wrong.cookies) == (401, [])


def test_a_known_device_has_the_same_limit_of_its_own(
    call: Api, email: str, device: str, advance_clock: Callable[..., None]
) -> None:
    """S-16: a stolen device cookie allows no more guesses."""
    failed = [sign_in_from(call, email, WRONG, 100 + number, device).status for number in range(12)]

    assert failed == [401] * 10 + [429] * 2
    assert sign_in_from(call, email, PASSWORD, 150, device).status == 429
    assert sign_in_from(call, email, PASSWORD, 151).status == 200  # by the other counter
    advance_clock(minutes=15, seconds=1)
    assert sign_in_from(call, email, PASSWORD, 152, device).status == 200


def test_unknown_devices_do_not_count_against_a_known_one(call: Api, email: str, device: str) -> None:
    attack(call, email, 12)

    assert [sign_in_from(call, email, WRONG, 200 + number, device).status for number in range(11)] == [401] * 10 + [429]


def test_a_forged_device_cookie_is_ignored(call: Api, email: str, device: str) -> None:
    name, _, value = device.partition("=")
    subject, _, mac = value.partition(".")
    flipped = mac[:-1] + ("0" if mac[-1] != "0" else "1")
    forged = ["", ".", "x", "true", subject, f"{subject}.", f"{subject}.{'0' * 64}", f"{subject}.{flipped}"]
    forged += [f".{mac}", f"x{value}", f"{value}x", f"{subject}.{mac.upper()}", f"{value}.{mac}", "%ff%fe.%00", "é.é"]
    attack(call, email)

    responses = [
        sign_in_from(call, email, PASSWORD, 60 + number, f"{name}={text}") for number, text in enumerate(forged)
    ]

    assert {response.status for response in responses} == {429}
    assert sign_in_from(call, email, PASSWORD, 90, f"gatehouse.device={value}").status == 429


def test_a_device_cookie_is_bound_to_its_user(
    call: Api, people: People, settings: Callable[..., None], email: str
) -> None:
    settings(rate_limits="off")
    bob = people.verified("bob")
    settings(rate_limits="on")
    other_device = device_of(sign_in_from(call, bob, PASSWORD, 2))
    attack(call, email)

    assert sign_in_from(call, email, PASSWORD, 53, other_device).status == 429
    assert sign_in_from(call, bob, PASSWORD, 61).status == 200


def test_no_other_cookie_counts_as_a_device_cookie(call: Api, email: str) -> None:
    """A session's cookie names the user, too, but is signed with another key."""
    response = sign_in_from(call, email, PASSWORD, 1)
    session = response.cookies[0].partition(";")[0]
    attack(call, email)

    assert sign_in_from(call, email, PASSWORD, 54, session).status == 429
    assert sign_in_from(call, email, PASSWORD, 55, f"{DEVICE}={session.partition('=')[2]}").status == 429


def test_the_device_cookie_is_valid_for_a_year_names_nobody_and_survives_sign_out(call: Api, email: str) -> None:
    response = sign_in_from(call, email, PASSWORD, 1)

    (cookie,) = (cookie for cookie in response.cookies if cookie.startswith(DEVICE))
    assert cookie.partition("; ")[2] == "Max-Age=31536000; Path=/; HttpOnly; Secure; SameSite=Lax"
    assert "ann" not in cookie
    cleared = call("POST /api/auth/sign-out", bearer=response.json["token"]).cookies
    assert not any(cookie.startswith(DEVICE) for cookie in cleared)


def test_a_sign_up_with_a_session_makes_the_device_known(call: Api, settings: Callable[..., None]) -> None:
    settings(require_email_verification="false", rate_limits="on")
    body = {"email": "bob@example.com", "password": PASSWORD}
    device = device_of(call("POST /api/auth/sign-up/email", json=body))
    attack(call, "bob@example.com")

    assert sign_in_from(call, "bob@example.com", PASSWORD, 56, device).status == 200


def counters(cloud: Cloud) -> list[str]:
    """Return the counters of failed sign-ins."""
    return [row["calls"] for row in rows(cloud, "LimitsTable") if row["key"].startswith("failed-sign-ins")]


def test_a_success_undoes_its_own_count_and_no_failure(call: Api, email: str, cloud: Cloud) -> None:
    assert {sign_in_from(call, email, PASSWORD, number).status for number in range(12)} == {200}
    assert counters(cloud) == ["0"]
    attack(call, email, 9)
    assert {sign_in_from(call, email, PASSWORD, number).status for number in range(5)} == {200}

    assert counters(cloud) == ["9"]
    assert attack(call, email, 2, 200) == [401, 429]


def test_a_window_begins_with_the_first_failure(call: Api, email: str, advance_clock: Callable[..., None]) -> None:
    """A success does not begin one, which would end early."""
    assert sign_in_from(call, email, PASSWORD, 1).status == 200
    advance_clock(minutes=14)
    attack(call, email)
    advance_clock(minutes=14)

    assert sign_in_from(call, email, PASSWORD, 2).status == 429


def test_a_late_success_does_not_decrement_the_next_window(
    call: Api, email: str, advance_clock: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def next_window() -> None:
        advance_clock(minutes=15, seconds=1)
        attack(call, email)

    interleave(monkeypatch, "accounts.passwords", "is_correct", next_window)  # during hashing
    assert sign_in_from(call, email, PASSWORD, 1).status == 200

    assert sign_in_from(call, email, WRONG, 300).status == 429


@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
def test_forty_concurrent_guesses_are_hashed_at_most_ten_times(
    call: Api,
    email: str,
    cloud: Cloud,
    monkeypatch: pytest.MonkeyPatch,
    known: bool,  # noqa: FBT001 -- a case
) -> None:
    """S-16: a guess is counted before it is verified."""
    passwords, hashed = layer("accounts.passwords"), []
    real = passwords.is_correct

    def is_correct(password: str, stored: str | None) -> bool:
        hashed.append(password)
        time.sleep(0.05)
        correct: bool = real(password, stored)
        return correct

    monkeypatch.setattr(passwords, "is_correct", is_correct)
    subject = email if known else "nobody@example.com"

    statuses = run_concurrently(lambda number: sign_in_from(call, subject, WRONG, number).status, range(40))

    assert sorted(statuses) == [401] * 10 + [429] * 30
    assert len(hashed) == 10
    assert counters(cloud) == ["10"]


def test_failures_expire_after_fifteen_minutes(call: Api, email: str, advance_clock: Callable[..., None]) -> None:
    attack(call, email)
    advance_clock(minutes=14)
    assert sign_in_from(call, email, PASSWORD, 57).status == 429

    advance_clock(minutes=1, seconds=1)
    assert sign_in_from(call, email, PASSWORD, 58).status == 200
    assert attack(call, email, 11, 150) == [401] * 10 + [429]


def test_refused_attempts_do_not_extend_the_window(call: Api, email: str, advance_clock: Callable[..., None]) -> None:
    attack(call, email)
    for number in range(10):
        advance_clock(minutes=1)
        assert sign_in_from(call, email, WRONG, 200 + number).status == 429

    advance_clock(minutes=5, seconds=1)
    assert sign_in_from(call, email, PASSWORD, 59).status == 200


def test_an_unknown_address_gets_the_same_responses(call: Api, email: str) -> None:
    """S-20: the limit does not reveal which addresses have accounts."""
    outcomes = [
        [
            (response.status, response.code)
            for response in (sign_in_from(call, address, WRONG, 300 + n) for n in range(12))
        ]
        for address in (email, "nobody@example.com")
    ]

    assert outcomes[0] == outcomes[1] == [(401, "INVALID_EMAIL_OR_PASSWORD")] * 10 + [(429, "TOO_MANY_REQUESTS")] * 2


def test_spellings_of_an_address_share_the_counter(call: Api, email: str) -> None:
    for number, text in enumerate((email, email.upper(), f" {email} ", email.title()) * 3):
        sign_in_from(call, text, WRONG, 400 + number)

    assert sign_in_from(call, email, PASSWORD, 450).status == 429


def test_a_reset_keeps_devices_known(call: Api, email: str, mailbox: Mailbox, device: str) -> None:
    """It lifts the limit: `test_accounts_lockout.py`."""
    token = request_reset(call, mailbox, email)
    assert reset_password(call, token, "a better password").status == 200
    attack(call, email)

    assert sign_in_from(call, email, "a better password", 63, device).status == 200


def test_the_number_of_failures_is_a_setting(call: Api, email: str, settings: Callable[..., None]) -> None:
    settings(rate_limit_failed_sign_ins="2/60")

    assert attack(call, email, 3) == [401, 401, 429]
