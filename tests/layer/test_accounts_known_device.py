"""Failed sign-ins: strangers are kept out after ten, but nobody locks an owner out of a browser that they used."""

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


def tries(call: Api, email: str, password: str, number: int, device: str | None = None) -> Response:
    """Try a password from an address that was never seen before."""
    request: dict[str, Any] = {"cookies": [device], "headers": OURS} if device else {}
    body = {"email": email, "password": password}
    return call(SIGN_IN, json=body, ip=f"10.0.{number // 250}.{number % 250}", **request)


def attacked(call: Api, email: str, times: int = 10, first: int = 100) -> list[int]:
    """Wrong passwords from as many addresses; the statuses."""
    return [tries(call, email, WRONG, first + number).status for number in range(times)]


@pytest.fixture
def email(people: People, settings: Callable[..., None]) -> str:
    """Somebody's address, where limits are on."""
    email = people.verified()
    settings(rate_limits="on")
    return email


@pytest.fixture
def device(call: Api, email: str) -> str:
    """The cookie of a browser that she used."""
    return device_of(tries(call, email, PASSWORD, 1))


def device_of(answer: Response) -> str:
    """The device cookie in an answer."""
    assert answer.status in {200, 201}, answer.text
    (cookie,) = (cookie.partition(";")[0] for cookie in answer.cookies if cookie.startswith(DEVICE))
    return cookie


def test_after_ten_failures_strangers_are_kept_out_at_every_way_in_and_a_known_browser_is_not(
    call: Api, email: str, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S-16: the right password is worth nothing to who may have guessed it; but nobody can lock anybody out."""
    assert attacked(call, email) == [401] * 10
    known: dict[str, Any] = {"cookies": [device], "headers": OURS}

    with monkeypatch.context() as attack:  # it costs the attacked no processor
        attack.setattr(layer("accounts.passwords"), "is_correct", lambda *_: pytest.fail("hashed"))
        for password in (WRONG, PASSWORD):
            answer = tries(call, email, password, 50)
            assert (answer.status, answer.code, answer.cookies) == (429, "TOO_MANY_REQUESTS", [])
            assert answer.headers["retry-after"] == answer.headers["x-retry-after"]
            assert 880 <= int(answer.headers["retry-after"]) <= 900
    for number, route in enumerate((SIGN_IN, "POST /api/auth/signin", "POST /api/auth/login")):
        body = {"email": email, "password": PASSWORD}
        assert call(route, json=body, ip=f"10.9.0.{number}").status == 429
        answer = call(route, json=body, ip=f"10.9.1.{number}", **known)
        assert answer.status == 200
        assert call("GET /api/tasks", bearer=answer.headers["set-auth-token"]).status == 200
    wrong = tries(call, email, WRONG, 51, device)
    assert (wrong.status, wrong.cookies) == (401, [])


def test_a_known_browser_may_fail_as_often_as_strangers_and_no_more(
    call: Api, email: str, device: str, advance_clock: Callable[..., None]
) -> None:
    """S-16: a stolen device cookie guesses no longer than anybody."""
    failed = [tries(call, email, WRONG, 100 + number, device).status for number in range(12)]

    assert failed == [401] * 10 + [429] * 2
    assert tries(call, email, PASSWORD, 150, device).status == 429
    assert tries(call, email, PASSWORD, 151).status == 200  # the other counter has room
    advance_clock(minutes=15, seconds=1)
    assert tries(call, email, PASSWORD, 152, device).status == 200


def test_strangers_use_up_nothing_of_a_known_browsers(call: Api, email: str, device: str) -> None:
    attacked(call, email, 12)

    assert [tries(call, email, WRONG, 200 + number, device).status for number in range(11)] == [401] * 10 + [429]


def test_a_device_cookie_that_we_did_not_make_is_worth_nothing(call: Api, email: str, device: str) -> None:
    name, _, value = device.partition("=")
    subject, _, mac = value.partition(".")
    flipped = mac[:-1] + ("0" if mac[-1] != "0" else "1")
    forged = ["", ".", "x", "true", subject, f"{subject}.", f"{subject}.{'0' * 64}", f"{subject}.{flipped}"]
    forged += [f".{mac}", f"x{value}", f"{value}x", f"{subject}.{mac.upper()}", f"{value}.{mac}", "%ff%fe.%00", "é.é"]
    attacked(call, email)

    answers = [tries(call, email, PASSWORD, 60 + number, f"{name}={text}") for number, text in enumerate(forged)]

    assert {answer.status for answer in answers} == {429}
    assert tries(call, email, PASSWORD, 90, f"gatehouse.device={value}").status == 429


def test_the_browser_of_one_is_not_that_of_another_who_is_left_alone(
    call: Api, people: People, settings: Callable[..., None], email: str
) -> None:
    settings(rate_limits="off")
    bob = people.verified("bob")
    settings(rate_limits="on")
    mallorys = device_of(tries(call, bob, PASSWORD, 2))
    attacked(call, email)

    assert tries(call, email, PASSWORD, 53, mallorys).status == 429
    assert tries(call, bob, PASSWORD, 61).status == 200


def test_no_other_cookie_makes_a_device_known(call: Api, email: str) -> None:
    """A session's cookie says who signed in, too, but under another key."""
    answer = tries(call, email, PASSWORD, 1)
    session = answer.cookies[0].partition(";")[0]
    attacked(call, email)

    assert tries(call, email, PASSWORD, 54, session).status == 429
    assert tries(call, email, PASSWORD, 55, f"{DEVICE}={session.partition('=')[2]}").status == 429


def test_the_device_cookie_is_for_a_year_names_nobody_and_outlasts_the_session(call: Api, email: str) -> None:
    answer = tries(call, email, PASSWORD, 1)

    (cookie,) = (cookie for cookie in answer.cookies if cookie.startswith(DEVICE))
    assert cookie.partition("; ")[2] == "Max-Age=31536000; Path=/; HttpOnly; Secure; SameSite=Lax"
    assert "ann" not in cookie
    cleared = call("POST /api/auth/sign-out", bearer=answer.json["token"]).cookies
    assert not any(cookie.startswith(DEVICE) for cookie in cleared)


def test_who_signs_up_where_no_verification_is_needed_is_known(call: Api, settings: Callable[..., None]) -> None:
    settings(require_email_verification="false", rate_limits="on")
    body = {"email": "bob@example.com", "password": PASSWORD}
    device = device_of(call("POST /api/auth/sign-up/email", json=body))
    attacked(call, "bob@example.com")

    assert tries(call, "bob@example.com", PASSWORD, 56, device).status == 200


def counted(cloud: Cloud) -> list[str]:
    """What the counters of failed sign-ins say."""
    return [row["calls"] for row in rows(cloud, "LimitsTable") if row["key"].startswith("failed-sign-ins")]


def test_the_right_password_takes_back_what_it_counted_and_no_failure(call: Api, email: str, cloud: Cloud) -> None:
    assert {tries(call, email, PASSWORD, number).status for number in range(12)} == {200}
    assert counted(cloud) == ["0"]
    attacked(call, email, 9)
    assert {tries(call, email, PASSWORD, number).status for number in range(5)} == {200}

    assert counted(cloud) == ["9"]
    assert attacked(call, email, 2, 200) == [401, 429]


def test_a_window_begins_with_the_first_failure(call: Api, email: str, advance_clock: Callable[..., None]) -> None:
    """Not with a sign-in that went well, which would make it end before its time."""
    assert tries(call, email, PASSWORD, 1).status == 200
    advance_clock(minutes=14)
    attacked(call, email)
    advance_clock(minutes=14)

    assert tries(call, email, PASSWORD, 2).status == 429


def test_what_is_taken_back_late_is_no_room_in_the_next_window(
    call: Api, email: str, advance_clock: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def happens() -> None:
        advance_clock(minutes=15, seconds=1)
        attacked(call, email)

    interleave(monkeypatch, "accounts.passwords", "is_correct", happens)  # hashing takes a while
    assert tries(call, email, PASSWORD, 1).status == 200

    assert tries(call, email, WRONG, 300).status == 429


@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
def test_forty_at_once_are_hashed_for_ten_times_at_most(
    call: Api,
    email: str,
    cloud: Cloud,
    monkeypatch: pytest.MonkeyPatch,
    known: bool,  # noqa: FBT001 -- a case
) -> None:
    """S-16: a guess is counted before it is made, or whoever is fast has as many as they like."""
    passwords, hashed = layer("accounts.passwords"), []
    real = passwords.is_correct

    def is_correct(password: str, stored: str | None) -> bool:
        hashed.append(password)
        time.sleep(0.05)
        correct: bool = real(password, stored)
        return correct

    monkeypatch.setattr(passwords, "is_correct", is_correct)
    subject = email if known else "nobody@example.com"

    statuses = run_concurrently(lambda number: tries(call, subject, WRONG, number).status, range(40))

    assert sorted(statuses) == [401] * 10 + [429] * 30
    assert len(hashed) == 10
    assert counted(cloud) == ["10"]


def test_a_failure_is_forgotten_after_a_quarter_of_an_hour(
    call: Api, email: str, advance_clock: Callable[..., None]
) -> None:
    attacked(call, email)
    advance_clock(minutes=14)
    assert tries(call, email, PASSWORD, 57).status == 429

    advance_clock(minutes=1, seconds=1)
    assert tries(call, email, PASSWORD, 58).status == 200
    assert attacked(call, email, 11, 150) == [401] * 10 + [429]


def test_what_is_refused_extends_nothing(call: Api, email: str, advance_clock: Callable[..., None]) -> None:
    attacked(call, email)
    for number in range(10):
        advance_clock(minutes=1)
        assert tries(call, email, WRONG, 200 + number).status == 429

    advance_clock(minutes=5, seconds=1)
    assert tries(call, email, PASSWORD, 59).status == 200


def test_an_address_that_nobody_has_is_answered_alike(call: Api, email: str) -> None:
    """S-20: the limit tells nothing about who is there."""
    both = [
        [(answer.status, answer.code) for answer in (tries(call, address, WRONG, 300 + n) for n in range(12))]
        for address in (email, "nobody@example.com")
    ]

    assert both[0] == both[1] == [(401, "INVALID_EMAIL_OR_PASSWORD")] * 10 + [(429, "TOO_MANY_REQUESTS")] * 2


def test_a_spelling_of_the_address_is_the_same_account(call: Api, email: str) -> None:
    for number, text in enumerate((email, email.upper(), f" {email} ", email.title()) * 3):
        tries(call, text, WRONG, 400 + number)

    assert tries(call, email, PASSWORD, 450).status == 429


def test_a_reset_is_no_way_around_and_forgets_no_device(call: Api, email: str, mailbox: Mailbox, device: str) -> None:
    attacked(call, email)
    token = request_reset(call, mailbox, email)

    assert reset_password(call, token, "a better password").status == 200
    assert tries(call, email, "a better password", 64).status == 429
    assert tries(call, email, "a better password", 63, device).status == 200


def test_how_many_failures_is_a_setting(call: Api, email: str, settings: Callable[..., None]) -> None:
    settings(rate_limit_failed_sign_ins="2/60")

    assert attacked(call, email, 3) == [401, 401, 429]
