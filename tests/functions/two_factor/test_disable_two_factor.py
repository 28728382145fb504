"""POST /api/auth/two-factor/disable: turns the second factor off."""

from collections.abc import Callable
from functools import partial

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.auth_calls import request_reset, reset_password, verify
from tests.support.calls import Api
from tests.support.mailbox import Mailbox
from tests.support.oauth_flow import OAuthFlow, token_of
from tests.support.people import PASSWORD, Person
from tests.support.tables import rows, tables_unchanged
from tests.support.two_factor import (
    DISABLE,
    ENABLE,
    SEND_OTP,
    TRUST,
    VERIFY_TOTP,
    App,
    Enrolled,
    challenge,
    cookie_of,
    give,
    is_challenged,
)

ORIGIN = {"origin": "https://app.example.com"}


def test_it_is_off_at_once_and_the_session_is_replaced(call: Api, enrolled: Enrolled, mailbox: Mailbox) -> None:
    disabled = call(DISABLE, bearer=enrolled.token, json={"password": PASSWORD})

    assert (disabled.status, disabled.json) == (200, {"status": True})
    assert call("GET /api/auth/me", bearer=enrolled.token).status == 401
    user = call("GET /api/auth/get-session", bearer=disabled.headers["set-auth-token"]).json["user"]
    assert user["twoFactorEnabled"] is False
    assert "twoFactorMethod" not in user
    assert not is_challenged(call, enrolled.email)
    assert "the second factor was turned off" in mailbox.to(enrolled.email)[-1].text


def test_all_other_sessions_end(call: Api, enrolled: Enrolled, advance_clock: Callable[..., None]) -> None:
    """They were opened by somebody who had it."""
    advance_clock(minutes=1)
    other = give(call, VERIFY_TOTP, challenge(call, enrolled.email), enrolled.app.code()).json["token"]
    disabled = call(DISABLE, bearer=enrolled.token, json={"password": PASSWORD})

    assert call("GET /api/auth/me", bearer=other).status == 401
    assert call("GET /api/auth/me", bearer=disabled.headers["set-auth-token"]).status == 200


def test_an_undone_change_of_address_turns_it_off(
    call: Api, enrolled: Enrolled, mailbox: Mailbox, cloud: Cloud, settings: Callable[..., None]
) -> None:
    """Whoever took the account over may have turned it on; the owner is not locked out."""
    settings(confirm_email_change="false")
    call("POST /api/auth/change-email", bearer=enrolled.token, json={"newEmail": "eve@example.com"})
    verify(partial(call, bearer=enrolled.token), mailbox.to("eve@example.com")[-1].token)
    undo = next(mail.token for mail in mailbox.to(enrolled.email) if "undo" in mail.link)

    assert verify(call, undo).status == 200
    assert reset_password(call, request_reset(call, mailbox, enrolled.email), PASSWORD).status == 200

    assert not is_challenged(call, enrolled.email)
    assert "SECOND-FACTOR" not in {row["sk"] for row in rows(cloud, "UsersTable")}


def test_sign_ins_that_wait_for_it_end(call: Api, enrolled: Enrolled) -> None:
    token = challenge(call, enrolled.email)
    call(DISABLE, bearer=enrolled.token, json={"password": PASSWORD})

    assert call(SEND_OTP, json={"two_factor_token": token}).code == "INVALID_TWO_FACTOR_COOKIE"


@pytest.mark.parametrize("route", [DISABLE, "POST /api/auth/delete-user"])
def test_nothing_of_it_is_left(call: Api, enrolled: Enrolled, cloud: Cloud, route: str) -> None:
    assert call(route, bearer=enrolled.token, json={"password": PASSWORD}).status == 200

    assert "SECOND-FACTOR" not in {row["sk"] for row in rows(cloud, "UsersTable")}


def test_a_device_that_was_trusted_before_is_not_trusted_when_it_is_on_again(
    call: Api, enrolled: Enrolled, advance_clock: Callable[..., None]
) -> None:
    advance_clock(minutes=1)
    done = give(call, VERIFY_TOTP, challenge(call, enrolled.email), enrolled.app.code(), trustDevice=True)
    browser = {"cookies": [cookie_of(done, TRUST)], "headers": ORIGIN}
    disabled = call(DISABLE, bearer=done.json["token"], json={"password": PASSWORD}, **browser)
    assert f"{TRUST}=; Max-Age=0" in "".join(disabled.cookies)
    token = disabled.headers["set-auth-token"]
    app = App(call(ENABLE, bearer=token, json={"password": PASSWORD}).json["totpURI"])
    assert call(VERIFY_TOTP, bearer=token, json={"code": app.code()}).status == 200

    assert is_challenged(call, enrolled.email, **browser)


def test_it_may_be_off_already(call: Api, ann: Person) -> None:
    assert call(DISABLE, bearer=ann.token, json={"password": PASSWORD}).json == {"status": True}


@pytest.mark.parametrize(
    ("body", "refused"),
    [({"password": "wrong"}, "INVALID_PASSWORD"), ({}, "VALIDATION_ERROR"), ({"code": "1"}, "VALIDATION_ERROR")],
)
def test_it_takes_the_password(call: Api, enrolled: Enrolled, cloud: Cloud, body: dict[str, str], refused: str) -> None:
    with tables_unchanged(cloud):
        assert call(DISABLE, bearer=enrolled.token, json=body).code == refused


def test_it_takes_a_fresh_session(call: Api, enrolled: Enrolled, advance_clock: Callable[..., None]) -> None:
    advance_clock(hours=25)

    assert call(DISABLE, bearer=enrolled.token, json={"password": PASSWORD}).code == "SESSION_NOT_FRESH"


def test_of_a_user_without_a_password_it_takes_a_code(
    call: Api, oauth_flow: OAuthFlow, advance_clock: Callable[..., None]
) -> None:
    token = token_of(oauth_flow.sign_in())
    begun = call(ENABLE, bearer=token, json={}).json
    app = App(begun["totpURI"])
    token = call(VERIFY_TOTP, bearer=token, json={"code": app.code()}).json["token"]

    assert call(DISABLE, bearer=token, json={}).code == "VALIDATION_ERROR"
    assert call(DISABLE, bearer=token, json={"code": app.wrong()}).code == "INVALID_CODE"
    assert call(DISABLE, bearer=token, json={"code": app.code()}).code == "INVALID_CODE"  # used above
    assert call(DISABLE, bearer=token, json={"code": "aaaaa-aaaaa"}).code == "INVALID_BACKUP_CODE"
    advance_clock(minutes=1)
    assert call(DISABLE, bearer=token, json={"code": app.code()}).status == 200
