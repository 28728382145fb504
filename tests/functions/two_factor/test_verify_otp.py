"""POST /api/auth/two-factor/verify-otp: a mailed code completes a sign-in, or turns this factor on."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from gatehouse_dev.cloud import Cloud
from tests.functions.keys.test_rotate_secret import Rotation
from tests.support.calls import Api
from tests.support.concurrency import run_concurrently
from tests.support.mailbox import Mailbox
from tests.support.people import PASSWORD, Person
from tests.support.two_factor import (
    ENABLE,
    SEND_OTP,
    TRUST,
    VERIFY_OTP,
    Enrolled,
    challenge,
    cookie_of,
    give,
    is_challenged,
)


def mailed_code(call: Api, mailbox: Mailbox, email: str, token: str) -> str:
    """Ask for a code, and read it."""
    assert call(SEND_OTP, json={"two_factor_token": token}).status == 200
    return mailbox.to(email)[-1].subject[:6]


def another(code: str) -> str:
    """Return a code that is wrong."""
    return f"{(int(code) + 1) % 1_000_000:06}"


def test_a_code_completes_a_sign_in_once(call: Api, enrolled: Enrolled, mailbox: Mailbox) -> None:
    token = challenge(call, enrolled.email)
    code = mailed_code(call, mailbox, enrolled.email, token)

    done = give(call, VERIFY_OTP, token, code)

    assert (done.status, done.json["user"]["id"]) == (200, enrolled.id)
    assert give(call, VERIFY_OTP, token, code).code == "INVALID_TWO_FACTOR_COOKIE"


def test_a_code_may_have_a_blank(call: Api, enrolled: Enrolled, mailbox: Mailbox) -> None:
    token = challenge(call, enrolled.email)
    code = mailed_code(call, mailbox, enrolled.email, token)

    assert give(call, VERIFY_OTP, token, f"{code[:3]} {code[3:]}").status == 200


def test_twenty_at_once_open_one_session(call: Api, enrolled: Enrolled, mailbox: Mailbox) -> None:
    token = challenge(call, enrolled.email)
    code = mailed_code(call, mailbox, enrolled.email, token)

    responses = run_concurrently(lambda _: give(call, VERIFY_OTP, token, code), range(20))

    assert [response.status for response in responses].count(200) == 1


def test_a_code_is_for_the_sign_in_that_asked_for_it(call: Api, enrolled: Enrolled, mailbox: Mailbox) -> None:
    first, second = challenge(call, enrolled.email), challenge(call, enrolled.email)
    code = mailed_code(call, mailbox, enrolled.email, first)

    assert give(call, VERIFY_OTP, second, code).code == "OTP_HAS_EXPIRED"
    assert give(call, VERIFY_OTP, first, code).status == 200


@pytest.mark.parametrize(("seconds", "answer"), [(178, (200, None)), (180, (400, "OTP_HAS_EXPIRED"))])
def test_a_code_is_valid_for_three_minutes(  # noqa: PLR0917 -- four fixtures, two columns
    call: Api,
    enrolled: Enrolled,
    mailbox: Mailbox,
    advance_clock: Callable[..., None],
    seconds: int,
    answer: tuple[int, str | None],
) -> None:
    token = challenge(call, enrolled.email)
    code = mailed_code(call, mailbox, enrolled.email, token)
    advance_clock(seconds=seconds)

    given = give(call, VERIFY_OTP, token, code)

    assert (given.status, given.code) == answer


@pytest.mark.parametrize(("act", "refused"), [("rotate", None), ("emergency", "INVALID_TWO_FACTOR_COOKIE")])
def test_a_code_survives_a_rotation_and_no_emergency(  # noqa: PLR0917 -- five fixtures, two columns
    call: Api,
    cloud: Cloud,
    enrolled: Enrolled,
    mailbox: Mailbox,
    advance_clock: Callable[..., None],
    act: str,
    refused: str | None,
) -> None:
    """After an emergency somebody else may have the secret, from which codes are derived."""
    token = challenge(call, enrolled.email)
    code = mailed_code(call, mailbox, enrolled.email, token)
    getattr(Rotation(call, cloud), act)()
    advance_clock(seconds=10)

    assert give(call, VERIFY_OTP, token, code).code == refused


def test_without_a_mail_there_is_no_code(call: Api, enrolled: Enrolled) -> None:
    assert give(call, VERIFY_OTP, challenge(call, enrolled.email), "123456").code == "OTP_HAS_EXPIRED"


def test_after_five_wrong_codes_a_new_one_is_needed(call: Api, enrolled: Enrolled, mailbox: Mailbox) -> None:
    token = challenge(call, enrolled.email)
    code = mailed_code(call, mailbox, enrolled.email, token)
    assert {give(call, VERIFY_OTP, token, another(code)).code for _ in range(5)} == {"INVALID_CODE"}

    sixth = give(call, VERIFY_OTP, token, code)

    assert (sixth.status, sixth.code) == (400, "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE")
    assert give(call, VERIFY_OTP, token, mailed_code(call, mailbox, enrolled.email, token)).status == 200


def test_ten_wrong_codes_lock_whoever_has_mailed_codes_alone(call: Api, ann: Person, mailbox: Mailbox) -> None:
    call(ENABLE, bearer=ann.token, json={"password": PASSWORD, "method": "otp"})
    token = challenge(call, ann.email)
    for _ in range(2):
        code = mailed_code(call, mailbox, ann.email, token)
        assert {give(call, VERIFY_OTP, token, another(code)).code for _ in range(5)} == {"INVALID_CODE"}

    locked = give(call, VERIFY_OTP, token, mailed_code(call, mailbox, ann.email, token))

    assert (locked.status, locked.code) == (429, "ACCOUNT_TEMPORARILY_LOCKED")


def test_within_a_session_a_code_turns_this_factor_on(call: Api, ann: Person, mailbox: Mailbox) -> None:
    call(SEND_OTP, bearer=ann.token, json={})
    code = mailbox.to(ann.email)[-1].subject[:6]

    done = call(VERIFY_OTP, bearer=ann.token, json={"code": code})

    assert (done.status, done.json["user"]["twoFactorEnabled"]) == (200, True)
    assert is_challenged(call, ann.email)


def test_a_device_that_was_trusted_with_mailed_codes_is_not_trusted_when_an_app_is_on(
    call: Api, ann: Person, mailbox: Mailbox, advance_clock: Callable[..., None]
) -> None:
    call(ENABLE, bearer=ann.token, json={"password": PASSWORD, "method": "otp"})
    advance_clock(minutes=1)
    token = challenge(call, ann.email)
    done = give(call, VERIFY_OTP, token, mailed_code(call, mailbox, ann.email, token), trustDevice=True)
    device = {"cookies": [cookie_of(done, TRUST)], "headers": {"origin": "https://app.example.com"}}

    advance_clock(minutes=1)
    Enrolled(call, replace(ann, token=done.json["token"]))

    assert is_challenged(call, ann.email, **device)


def test_an_old_code_does_not_count_after_the_address_changed(call: Api, enrolled: Enrolled, mailbox: Mailbox) -> None:
    call(SEND_OTP, bearer=enrolled.token, json={})
    code = mailbox.to(enrolled.email)[-1].subject[:6]
    call("POST /api/auth/change-email", bearer=enrolled.token, json={"newEmail": "new@example.com"})
    for address in (enrolled.email, "new@example.com"):
        verify = {"token": mailbox.to(address)[-1].token}
        assert call("POST /api/auth/verify-email", bearer=enrolled.token, json=verify).status == 200

    assert call(VERIFY_OTP, bearer=enrolled.token, json={"code": code}).code == "OTP_HAS_EXPIRED"
