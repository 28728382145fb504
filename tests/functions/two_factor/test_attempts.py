"""Attempts to give a second factor are counted before codes are compared: of a sign-in, and of a user."""

from collections.abc import Callable

import pytest

from tests.support.auth_calls import request_reset, reset_password
from tests.support.calls import Api
from tests.support.interleaving import interleave
from tests.support.mailbox import Mailbox
from tests.support.slow import some_and_all
from tests.support.two_factor import SEND_OTP, VERIFY_BACKUP, VERIFY_OTP, VERIFY_TOTP, Enrolled, challenge, give

ENDED, LOCKED = "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE", "ACCOUNT_TEMPORARILY_LOCKED"


def fail(call: Api, user: Enrolled, times: int) -> None:
    """Give wrong codes, five for a sign-in."""
    token = ""
    for index in range(times):
        token = token if index % 5 else challenge(call, user.email)
        assert give(call, VERIFY_TOTP, token, user.app.wrong()).code == "INVALID_CODE"


def test_the_sixth_attempt_ends_the_sign_in(call: Api, later: Enrolled) -> None:
    token = challenge(call, later.email)
    wrong = [give(call, VERIFY_TOTP, token, later.app.wrong()).code for _ in range(3)]
    wrong += [give(call, VERIFY_BACKUP, token, "aaaaa-aaaaa").code for _ in range(2)]

    sixth, seventh = (give(call, VERIFY_TOTP, token, later.app.code()) for _ in range(2))

    assert wrong == ["INVALID_CODE"] * 3 + ["INVALID_BACKUP_CODE"] * 2
    assert (sixth.status, sixth.code) == (400, ENDED)
    assert (seventh.status, seventh.code) == (401, "INVALID_TWO_FACTOR_COOKIE")


def test_ten_wrong_codes_in_a_row_lock_for_a_quarter_of_an_hour(
    call: Api, later: Enrolled, mailbox: Mailbox, advance_clock: Callable[..., None]
) -> None:
    fail(call, later, 10)
    token = challenge(call, later.email)

    locked = give(call, VERIFY_TOTP, token, later.app.code())

    assert (locked.status, locked.code) == (429, LOCKED)
    assert 890 < int(locked.headers["retry-after"]) <= 900
    assert give(call, VERIFY_BACKUP, token, later.backup_codes[0]).code == LOCKED
    assert "locked for a quarter of an hour" in mailbox.to(later.email)[-1].text
    advance_clock(minutes=15)
    fail(call, later, 9)  # the count began anew
    assert give(call, VERIFY_TOTP, challenge(call, later.email), later.app.code()).status == 200


@pytest.mark.parametrize(
    ("failures", "minutes", "refused"), [(9, 0, LOCKED), (10, 15, ENDED)], ids=["the tenth", "after a lock"]
)
def test_of_two_attempts_at_once_one_is_compared_where_no_more_may_be(  # noqa: PLR0917 -- four fixtures, three columns
    call: Api,
    later: Enrolled,
    monkeypatch: pytest.MonkeyPatch,
    advance_clock: Callable[..., None],
    failures: int,
    minutes: int,
    refused: str,
) -> None:
    fail(call, later, failures)
    advance_clock(minutes=minutes)
    token = challenge(call, later.email)
    interleave(monkeypatch, "second_factor.attempts", "transact", lambda: fail(call, later, 1))

    assert give(call, VERIFY_TOTP, token, later.app.code()).code == refused


@pytest.mark.parametrize("method", [VERIFY_TOTP, VERIFY_OTP, VERIFY_BACKUP])
def test_a_right_code_begins_anew(
    call: Api, later: Enrolled, mailbox: Mailbox, advance_clock: Callable[..., None], method: str
) -> None:
    for number in range(3):
        token = challenge(call, later.email)
        assert {give(call, VERIFY_TOTP, token, later.app.wrong()).code for _ in range(4)} == {"INVALID_CODE"}
        call(SEND_OTP, json={"two_factor_token": token})
        mailed = mailbox.to(later.email)[-1].subject[:6]
        code = {VERIFY_TOTP: later.app.code(), VERIFY_OTP: mailed, VERIFY_BACKUP: later.backup_codes[number]}[method]
        assert give(call, method, token, code).status == 200
        advance_clock(minutes=1)


@some_and_all("number", 50, 1000)
def test_wrong_codes_from_many_addresses_lock_nobody_out_of_a_new_password(  # noqa: PLR0917 -- five fixtures, a column
    call: Api,
    later: Enrolled,
    mailbox: Mailbox,
    advance_clock: Callable[..., None],
    settings: Callable[..., None],
    number: int,
) -> None:
    """Ten are compared, whatever the addresses. The owner resets the password at once, and signs in after the lock."""
    settings(rate_limits="on")
    new, addresses = "another horse battery", [f"198.51.{index // 250}.{index % 250}" for index in range(number)]
    waiting = [challenge(call, later.email, ip=address) for address in addresses[:3]]
    attempts = [(waiting[min(index // 5, 2)], address) for index, address in enumerate(addresses)]

    codes = [give(call, VERIFY_TOTP, token, later.app.wrong(), ip=address).code for token, address in attempts]

    assert codes == ["INVALID_CODE"] * 10 + [LOCKED] * (number - 10)
    assert reset_password(call, request_reset(call, mailbox, later.email), new).status == 200
    token = challenge(call, later.email, password=new)
    assert give(call, VERIFY_TOTP, token, later.app.code()).code == LOCKED
    advance_clock(minutes=15)
    token = challenge(call, later.email, password=new)
    assert give(call, VERIFY_TOTP, token, later.app.code()).status == 200
