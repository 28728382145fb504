"""What changes the second factor takes the password, or of a user who has none a code of any kind; all are limited."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.support.calls import Api
from tests.support.interleaving import interleave
from tests.support.mailbox import Mailbox
from tests.support.oauth_flow import OAuthFlow, token_of
from tests.support.people import PASSWORD
from tests.support.two_factor import (
    DISABLE,
    ENABLE,
    GENERATE,
    GET_URI,
    SEND_OTP,
    VERIFY_BACKUP,
    VERIFY_OTP,
    VERIFY_TOTP,
    App,
    Enrolled,
    challenge,
    give,
    is_challenged,
)

OWNERS = [ENABLE, DISABLE, GET_URI, GENERATE]
WITHOUT_APP = {ENABLE: None, DISABLE: None, GET_URI: "TOTP_NOT_ENABLED", GENERATE: "TWO_FACTOR_NOT_ENABLED"}


@pytest.fixture
def passwordless(oauth_flow: OAuthFlow) -> str:
    """The session of a user who has an account at a provider alone."""
    return token_of(oauth_flow.sign_in())


@pytest.mark.parametrize("route", OWNERS)
def test_a_backup_code_is_enough_where_there_is_no_password(call: Api, passwordless: str, route: str) -> None:
    begun = call(ENABLE, bearer=passwordless, json={}).json
    token = call(VERIFY_TOTP, bearer=passwordless, json={"code": App(begun["totpURI"]).code()}).json["token"]
    code = {"code": begun["backupCodes"][0]}

    first, second = (call(route, bearer=token, json=code) for _ in range(2))

    assert first.code == ("TOTP_ALREADY_ENABLED" if route == ENABLE else None)
    assert second.status in {400, 401}  # it was used, or the session was replaced


@pytest.mark.parametrize("route", OWNERS)
def test_a_mailed_code_is_enough_where_there_is_neither_password_nor_app(
    call: Api, passwordless: str, mailbox: Mailbox, route: str
) -> None:
    token = call(ENABLE, bearer=passwordless, json={"method": "otp"}).headers["set-auth-token"]
    call(SEND_OTP, bearer=token, json={})
    code = mailbox.last.subject[:6]

    assert call(route, bearer=token, json={"code": f"{(int(code) + 1) % 10**6:06}"}).code == "INVALID_CODE"
    assert call(route, bearer=token, json={"code": code}).code == WITHOUT_APP[route]


@pytest.mark.parametrize(("route", "refused"), [(DISABLE, "INVALID_TOKEN"), (GENERATE, "TWO_FACTOR_NOT_ENABLED")])
def test_nothing_is_changed_of_an_account_that_changed_meanwhile(
    call: Api, enrolled: Enrolled, monkeypatch: pytest.MonkeyPatch, route: str, refused: str
) -> None:
    end_others = lambda: call("POST /api/auth/revoke-other-sessions", bearer=enrolled.token)  # noqa: E731 -- short
    interleave(monkeypatch, "second_factor.enrolment", "transact", end_others)

    assert call(route, bearer=enrolled.token, json={"password": PASSWORD}).code == refused
    assert is_challenged(call, enrolled.email)


def test_within_a_session_a_mailed_code_makes_it_fresh(
    call: Api, enrolled: Enrolled, mailbox: Mailbox, advance_clock: Callable[..., None]
) -> None:
    advance_clock(hours=25)
    call(SEND_OTP, bearer=enrolled.token, json={})

    done, again = (call(VERIFY_OTP, bearer=enrolled.token, json={"code": mailbox.last.subject[:6]}) for _ in range(2))

    assert (done.status, done.json["token"], again.code) == (200, enrolled.token, "OTP_HAS_EXPIRED")
    assert call("GET /api/auth/list-sessions", bearer=enrolled.token).status == 200


@pytest.mark.parametrize("route", [*OWNERS, VERIFY_TOTP, VERIFY_OTP, VERIFY_BACKUP])
def test_a_code_has_64_characters_at_most(call: Api, enrolled: Enrolled, route: str) -> None:
    codes = [call(route, bearer=enrolled.token, json={"code": "1" * size}).text for size in (64, 65)]

    assert ["64 characters" in text for text in codes] == [False, True]


@pytest.mark.parametrize("route", OWNERS)
def test_passwords_from_one_address_are_limited(
    call: Api, enrolled: Enrolled, settings: Callable[..., None], route: str
) -> None:
    settings(rate_limits="on", rate_limit_sign_in="2/60")

    codes = [call(route, bearer=enrolled.token, json={"password": "wrong"}).code for _ in range(3)]

    assert codes == ["INVALID_PASSWORD", "INVALID_PASSWORD", "TOO_MANY_REQUESTS"]


@pytest.mark.parametrize("route", [VERIFY_TOTP, VERIFY_OTP, VERIFY_BACKUP])
def test_guesses_from_one_address_are_limited(
    call: Api, enrolled: Enrolled, settings: Callable[..., None], route: str
) -> None:
    waiting: Any = challenge(call, enrolled.email)
    settings(rate_limits="on", rate_limit_sign_in="2/60")

    codes = [give(call, route, waiting, "000000").code for _ in range(3)]

    assert codes[2] == "TOO_MANY_REQUESTS"
    assert "TOO_MANY_REQUESTS" not in codes[:2]
