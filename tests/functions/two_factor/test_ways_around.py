"""Ways around a second factor that somebody has who has the password, or the mailbox, or an older session."""

from collections.abc import Callable

import pytest

from tests.support.auth_calls import request_reset, reset_password, sign_in
from tests.support.calls import Api, Response
from tests.support.concurrency import run_concurrently
from tests.support.layer import layer
from tests.support.mailbox import Mailbox
from tests.support.oauth_flow import OAuthFlow
from tests.support.passkeys import Passkeys
from tests.support.people import PASSWORD, People, Person
from tests.support.two_factor import (
    CHALLENGE,
    DISABLE,
    ENABLE,
    GET_URI,
    SEND_OTP,
    VERIFY_BACKUP,
    VERIFY_OTP,
    VERIFY_TOTP,
    App,
    Enrolled,
    challenge,
    cookie_of,
    give,
)

TASKS = "GET /api/tasks"
REGISTER = "GET /api/auth/passkey/generate-register-options"
OWNER = {"password": PASSWORD}
ORIGIN = {"origin": "https://app.example.com"}
NEW_PASSWORD = "battery of horses"


@pytest.fixture
def older(people: People, ann: Person) -> Person:
    """A session of before there is a second factor: name it before what turns that on."""
    return people.sign_in(ann.email)


# -- The mailbox, twice ---------------------------------------------------------------


@pytest.mark.parametrize("accounts", [["credential"], ["credential", "google"]])
def test_who_comes_from_the_mailbox_by_a_provider_is_offered_no_mailed_code(
    call: Api, people: People, oauth_flow: OAuthFlow, accounts: list[str]
) -> None:
    """Neither at first nor later: an account at the provider is not linked by whoever lacks the second factor."""
    ann = people.signed_in()
    if "google" in accounts:
        oauth_flow.link(ann.token)
    enrolled = Enrolled(call, ann)
    for _ in range(2):
        asked = oauth_flow.sign_in()
        assert "twoFactorMethods=totp&" in asked.headers["location"]
        assert (
            call(SEND_OTP, cookies=[cookie_of(asked, CHALLENGE)], headers=ORIGIN, json={}).code == "OTP_NOT_CONFIGURED"
        )

    listed = call("GET /api/auth/list-accounts", bearer=enrolled.token).json
    assert sorted(account["providerId"] for account in listed) == accounts


def test_who_comes_from_the_mailbox_and_has_mailed_codes_alone_is_told_that_there_is_no_method(
    call: Api, people: People, oauth_flow: OAuthFlow
) -> None:
    """A page that is told nothing would ask for a code of the app."""
    call(ENABLE, bearer=people.signed_in().token, json={"password": PASSWORD, "method": "otp"})

    assert "twoFactorMethods=&" in oauth_flow.sign_in().headers["location"]


def test_a_provider_of_another_address_is_another_factor(call: Api, people: People, oauth_flow: OAuthFlow) -> None:
    ann = people.signed_in()
    oauth_flow.link(ann.token)
    Enrolled(call, ann)

    asked = oauth_flow.sign_in(email="other@example.com")

    assert "twoFactorMethods=totp%2Cotp" in asked.headers["location"]


def test_after_a_mailed_reset_the_app_is_asked_for_and_then_mailed_codes_count_again(
    call: Api, later: Enrolled, mailbox: Mailbox
) -> None:
    reset_password(call, request_reset(call, mailbox, later.email), NEW_PASSWORD)
    waiting = sign_in(call, later.email, NEW_PASSWORD).json

    assert waiting["twoFactorMethods"] == ["totp"]
    token = waiting["two_factor_token"]
    assert call(SEND_OTP, json={"two_factor_token": token}).code == "OTP_NOT_CONFIGURED"
    assert give(call, VERIFY_TOTP, token, later.app.code()).status == 200
    assert sign_in(call, later.email, NEW_PASSWORD).json["twoFactorMethods"] == ["totp", "otp"]


def test_a_new_password_of_a_session_is_no_mailed_one(call: Api, enrolled: Enrolled, mailbox: Mailbox) -> None:
    reset_password(call, request_reset(call, mailbox, enrolled.email), PASSWORD)
    token = give(call, VERIFY_BACKUP, challenge(call, enrolled.email), enrolled.backup_codes[0]).json["token"]
    changed = {"currentPassword": PASSWORD, "newPassword": NEW_PASSWORD}
    assert call("POST /api/auth/change-password", bearer=token, json=changed).status == 200

    assert sign_in(call, enrolled.email, NEW_PASSWORD).json["twoFactorMethods"] == ["totp", "otp"]


def test_a_mailed_reset_keeps_nobody_out_who_has_mailed_codes_alone(call: Api, ann: Person, mailbox: Mailbox) -> None:
    call(ENABLE, bearer=ann.token, json=OWNER | {"method": "otp"})
    reset_password(call, request_reset(call, mailbox, ann.email), NEW_PASSWORD)

    assert sign_in(call, ann.email, NEW_PASSWORD).json["twoFactorMethods"] == ["otp"]


def test_a_mailed_code_does_not_lift_a_session_without_a_second_factor(
    call: Api, older: Person, later: Enrolled
) -> None:
    """It may be one that the mailbox opened."""
    assert call(SEND_OTP, bearer=older.token, json={}).code == "OTP_NOT_CONFIGURED"
    assert call(VERIFY_TOTP, bearer=older.token, json={"code": later.app.code()}).status == 200
    assert call(SEND_OTP, bearer=older.token, json={}).status == 200


# -- Mailed codes that are turned on by one ---------------------------------------------


@pytest.fixture
def by_mail(call: Api, ann: Person, mailbox: Mailbox) -> Response:
    """The answer to the mailed code that turned them on."""
    call(SEND_OTP, bearer=ann.token, json={})
    return call(VERIFY_OTP, bearer=ann.token, json={"code": mailbox.last.subject[:6]})


def test_their_guesses_lock_as_others_do(call: Api, ann: Person, by_mail: Response) -> None:
    assert by_mail.json["user"]["twoFactorEnabled"]
    codes = []
    for _ in range(3):
        waiting = challenge(call, ann.email)
        call(SEND_OTP, json={"two_factor_token": waiting})
        codes += [give(call, VERIFY_OTP, waiting, "wrong").code for _ in range(5)]

    assert codes == ["INVALID_CODE"] * 10 + ["ACCOUNT_TEMPORARILY_LOCKED"] * 5


def test_a_session_that_is_not_fresh_turns_nothing_on(
    call: Api, ann: Person, mailbox: Mailbox, advance_clock: Callable[..., None]
) -> None:
    advance_clock(hours=25)
    call(SEND_OTP, bearer=ann.token, json={})

    refused = call(VERIFY_OTP, bearer=ann.token, json={"code": mailbox.last.subject[:6]})

    assert (refused.status, refused.code) == (403, "SESSION_NOT_FRESH")
    assert "two_factor_token" not in sign_in(call, ann.email).json


def test_an_unverified_address_turns_nothing_on(call: Api, mailbox: Mailbox, settings: Callable[..., None]) -> None:
    settings(require_email_verification="false")
    token = call("POST /api/auth/sign-up/email", json={"email": "eve@example.com", **OWNER}).json["token"]
    call(SEND_OTP, bearer=token, json={})

    refused = call(VERIFY_OTP, bearer=token, json={"code": mailbox.last.subject[:6]})

    assert (refused.status, refused.code) == (403, "EMAIL_NOT_VERIFIED")


# -- Sessions that lack the second factor, where all must have one ----------------------


def test_an_app_cannot_be_read_or_set_up_there(
    call: Api, older: Person, enrolled: Enrolled, settings: Callable[..., None]
) -> None:
    settings(require_two_factor="all")

    assert enrolled.id == older.id
    for route, body in ((GET_URI, OWNER), (ENABLE, OWNER), (ENABLE, OWNER | {"method": "otp"}), (DISABLE, OWNER)):
        assert call(route, bearer=older.token, json=body).code == "TWO_FACTOR_REQUIRED"


def test_an_app_cannot_take_the_place_of_mailed_codes_there(
    call: Api, people: People, settings: Callable[..., None]
) -> None:
    ann = people.signed_in()
    begun = call(ENABLE, bearer=ann.token, json=OWNER).json
    other = people.sign_in(ann.email)
    call(ENABLE, bearer=other.token, json=OWNER | {"method": "otp"})
    settings(require_two_factor="all")

    refused = call(VERIFY_TOTP, bearer=ann.token, json={"code": App(begun["totpURI"]).code()})

    assert refused.code in {"TWO_FACTOR_REQUIRED", "TOTP_NOT_ENABLED"}
    assert call(TASKS, bearer=ann.token).code == "TWO_FACTOR_REQUIRED"


def test_nothing_is_set_up_beside_a_passkey_by_whoever_lacks_it(
    call: Api, ann: Person, passkeys: Passkeys, mailbox: Mailbox, settings: Callable[..., None]
) -> None:
    passkeys.added(ann)
    settings(require_two_factor="all")
    token = sign_in(call, ann.email).json["token"]

    for route, body in ((ENABLE, OWNER), (ENABLE, OWNER | {"method": "otp"}), (REGISTER, None)):
        assert call(route, bearer=token, json=body).code == "TWO_FACTOR_REQUIRED"
    call(SEND_OTP, bearer=token, json={})
    refused = call(VERIFY_OTP, bearer=token, json={"code": mailbox.last.subject[:6]})
    assert refused.code == "TWO_FACTOR_REQUIRED"
    assert call(TASKS, bearer=token).code == "TWO_FACTOR_REQUIRED"


# -- Guesses ------------------------------------------------------------------------------


def test_the_owner_is_told_once_of_guesses_that_come_at_the_same_time(
    call: Api, enrolled: Enrolled, mailbox: Mailbox
) -> None:
    wrong, waiting = enrolled.app.wrong(), [challenge(call, enrolled.email) for _ in range(12)]

    run_concurrently(lambda token: give(call, VERIFY_TOTP, token, wrong), waiting)

    assert give(call, VERIFY_TOTP, waiting[0], wrong).code == "ACCOUNT_TEMPORARILY_LOCKED"
    assert "".join(mail.text for mail in mailbox.to(enrolled.email)).count("the second factor is locked") == 1


# -- The end of a sign-in that waits ----------------------------------------------------


@pytest.mark.parametrize("how", ["cookie", "token"])
def test_an_emergency_ends_it(call: Api, later: Enrolled, advance_clock: Callable[..., None], how: str) -> None:
    waiting = sign_in(call, later.email)
    layer("keys.rotation").rotate_immediately()
    advance_clock(seconds=12)
    code = {"code": later.app.code()}
    if how == "cookie":
        refused = call(VERIFY_TOTP, cookies=[cookie_of(waiting, CHALLENGE)], headers=ORIGIN, json=code)
    else:
        refused = give(call, VERIFY_TOTP, waiting.json["two_factor_token"], code["code"])

    assert (refused.status, refused.code) == (401, "INVALID_TWO_FACTOR_COOKIE")


def test_too_many_attempts_clear_its_cookie(call: Api, enrolled: Enrolled) -> None:
    cookie = cookie_of(sign_in(call, enrolled.email), CHALLENGE)
    answers = [
        call(VERIFY_TOTP, cookies=[cookie], headers=ORIGIN, json={"code": enrolled.app.wrong()}) for _ in range(6)
    ]

    assert answers[-1].code == "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE"
    assert [any(line.startswith(f"{CHALLENGE}=;") for line in answer.cookies) for answer in answers] == [False] * 5 + [
        True
    ]


def test_another_mailed_code_is_for_the_same_sign_in(call: Api, enrolled: Enrolled, mailbox: Mailbox) -> None:
    """Its cookie stays when a mailed code is used up by guesses."""
    waiting = {"cookies": [cookie_of(sign_in(call, enrolled.email), CHALLENGE)], "headers": ORIGIN}
    call(SEND_OTP, **waiting, json={})
    guesses = [call(VERIFY_OTP, **waiting, json={"code": "wrong"}) for _ in range(6)]
    call(SEND_OTP, **waiting, json={})

    assert (guesses[-1].code, guesses[-1].cookies) == ("TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE", [])
    assert call(VERIFY_OTP, **waiting, json={"code": mailbox.last.subject[:6]}).status == 200
