"""POST /api/auth/two-factor/enable: sets up an app, or makes mailed codes the second factor."""

import re
from collections.abc import Callable

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.auth_calls import is_signed_in
from tests.support.calls import Api
from tests.support.interleaving import interleave
from tests.support.layer import layer
from tests.support.mailbox import Mailbox
from tests.support.oauth_flow import OAuthFlow, token_of
from tests.support.people import PASSWORD, People, Person
from tests.support.tables import tables_unchanged
from tests.support.two_factor import (
    ENABLE,
    TRUST,
    VERIFY_TOTP,
    App,
    Enrolled,
    challenge,
    cookie_of,
    give,
    is_challenged,
)


def test_an_app_is_set_up_but_not_active_before_a_code_was_given(call: Api, ann: Person) -> None:
    begun = call(ENABLE, bearer=ann.token, json={"password": PASSWORD})

    assert (begun.status, begun.cookies, set(begun.json)) == (200, [], {"method", "totpURI", "backupCodes"})
    assert begun.json["method"] == "totp"
    assert len(set(begun.json["backupCodes"])) == 10
    assert all(re.fullmatch(r"[a-zA-Z0-9]{5}-[a-zA-Z0-9]{5}", code) for code in begun.json["backupCodes"])
    assert not is_challenged(call, ann.email)


def test_the_uri_is_what_apps_read(call: Api, ann: Person) -> None:
    named = call(ENABLE, bearer=ann.token, json={"password": PASSWORD, "issuer": "My App"}).json["totpURI"]

    assert named.startswith("otpauth://totp/My%20App:ann%40example.com?secret=")
    assert App(named).parameters | {"secret": ""} == {"secret": "", "issuer": "My App", "digits": "6", "period": "30"}
    assert (App(named).totp.issuer, App(named).totp.name) == ("My App", "ann@example.com")


def test_an_image_is_made_for_whoever_asks(call: Api, ann: Person) -> None:
    begun = call(ENABLE, bearer=ann.token, json={"password": PASSWORD, "qrCode": True})

    assert begun.json["qrCode"].startswith("data:image/svg+xml")


def test_the_first_code_turns_it_on_and_replaces_the_session(call: Api, ann: Person, mailbox: Mailbox) -> None:
    app = App(call(ENABLE, bearer=ann.token, json={"password": PASSWORD}).json["totpURI"])

    confirmed = call(VERIFY_TOTP, bearer=ann.token, json={"code": app.code()})

    assert (confirmed.status, confirmed.json["user"]["twoFactorEnabled"]) == (200, True)
    assert not is_signed_in(call, ann)
    user = call("GET /api/auth/get-session", bearer=confirmed.json["token"]).json["user"]
    assert (user["twoFactorEnabled"], user["twoFactorMethod"]) == (True, "totp")
    assert is_challenged(call, ann.email)
    assert "the second factor was turned on" in mailbox.to(ann.email)[-1].text


def test_beginning_again_replaces_the_secret(call: Api, ann: Person) -> None:
    first, second = (App(call(ENABLE, bearer=ann.token, json={"password": PASSWORD}).json["totpURI"]) for _ in range(2))

    assert call(VERIFY_TOTP, bearer=ann.token, json={"code": first.code()}).code == "INVALID_CODE"
    assert call(VERIFY_TOTP, bearer=ann.token, json={"code": second.code()}).status == 200


def test_beginning_again_meanwhile_keeps_the_first_code_from_confirming_another_secret(
    call: Api, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = {"password": PASSWORD}
    app = App(call(ENABLE, bearer=ann.token, json=begin).json["totpURI"])
    interleave(monkeypatch, "second_factor.completing", "transact", lambda: call(ENABLE, bearer=ann.token, json=begin))

    assert call(VERIFY_TOTP, bearer=ann.token, json={"code": app.code()}).code == "INVALID_CODE"
    assert not is_challenged(call, ann.email)


def test_beginning_again_ends_no_lock(call: Api, ann: Person) -> None:
    first = App(call(ENABLE, bearer=ann.token, json={"password": PASSWORD}).json["totpURI"])
    for _ in range(10):
        assert call(VERIFY_TOTP, bearer=ann.token, json={"code": first.wrong()}).code == "INVALID_CODE"
    second = App(call(ENABLE, bearer=ann.token, json={"password": PASSWORD}).json["totpURI"])

    assert call(VERIFY_TOTP, bearer=ann.token, json={"code": second.code()}).code == "ACCOUNT_TEMPORARILY_LOCKED"


@pytest.mark.parametrize("method", ["totp", "otp"])
@pytest.mark.parametrize("end", ["revoke-sessions", "sign-out"])
def test_nothing_is_turned_on_in_a_session_that_ended_meanwhile(
    call: Api, ann: Person, monkeypatch: pytest.MonkeyPatch, method: str, end: str
) -> None:
    """Else whoever was just signed out could lock the owner out."""
    app = App(call(ENABLE, bearer=ann.token, json={"password": PASSWORD}).json["totpURI"])
    module = {"totp": "second_factor.completing", "otp": "second_factor.enrolment"}[method]
    interleave(monkeypatch, module, "transact", lambda: call(f"POST /api/auth/{end}", bearer=ann.token))

    if method == "totp":
        refused = call(VERIFY_TOTP, bearer=ann.token, json={"code": app.code()})
    else:
        refused = call(ENABLE, bearer=ann.token, json={"password": PASSWORD, "method": method})

    assert refused.status in {400, 401}
    assert not is_challenged(call, ann.email)


@pytest.mark.parametrize("meanwhile", ["confirm", "POST /api/auth/revoke-other-sessions"])
def test_nothing_is_begun_for_an_account_that_changed_meanwhile(
    call: Api, ann: Person, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    app = App(call(ENABLE, bearer=ann.token, json={"password": PASSWORD}).json["totpURI"])
    route, body = (VERIFY_TOTP, {"code": app.code()}) if meanwhile == "confirm" else (meanwhile, {})
    interleave(monkeypatch, "second_factor.enrolment", "transact", lambda: call(route, bearer=ann.token, json=body))

    assert call(ENABLE, bearer=ann.token, json={"password": PASSWORD}).code == "TOTP_ALREADY_ENABLED"


def test_an_active_app_is_not_replaced(call: Api, enrolled: Enrolled, cloud: Cloud) -> None:
    with tables_unchanged(cloud):
        again = call(ENABLE, bearer=enrolled.token, json={"password": PASSWORD})

    assert (again.status, again.code) == (400, "TOTP_ALREADY_ENABLED")


def test_mailed_codes_do_not_replace_an_active_app(call: Api, enrolled: Enrolled, cloud: Cloud) -> None:
    with tables_unchanged(cloud):
        enabled = call(ENABLE, bearer=enrolled.token, json={"password": PASSWORD, "method": "otp"})

    assert (enabled.status, enabled.json, enabled.cookies) == (200, {"method": "otp"}, [])


def test_mailed_codes_need_a_verified_address(call: Api, ann: Person, cloud: Cloud) -> None:
    table = layer("accounts.table")
    table.ProfileRow(*table.profile_key(ann.id)[1:]).update([table.ProfileRow.email_verified.set(False)])

    with tables_unchanged(cloud):
        refused = call(ENABLE, bearer=ann.token, json={"password": PASSWORD, "method": "otp"})

    assert (refused.status, refused.code) == (403, "EMAIL_NOT_VERIFIED")


def test_mailed_codes_are_active_at_once(call: Api, ann: Person, mailbox: Mailbox) -> None:
    enabled = call(ENABLE, bearer=ann.token, json={"password": PASSWORD, "method": "otp"})

    assert (enabled.status, enabled.json) == (200, {"method": "otp"})
    assert not is_signed_in(call, ann)
    waiting = call("POST /api/auth/sign-in/email", json={"email": ann.email, "password": PASSWORD})
    assert waiting.json["twoFactorMethods"] == ["otp"]
    assert "the second factor was turned on" in mailbox.to(ann.email)[-1].text


def test_a_user_with_mailed_codes_can_change_to_an_app(call: Api, ann: Person) -> None:
    token = call(ENABLE, bearer=ann.token, json={"password": PASSWORD, "method": "otp"}).headers["set-auth-token"]
    app = App(call(ENABLE, bearer=token, json={"password": PASSWORD}).json["totpURI"])
    sign_in = {"email": ann.email, "password": PASSWORD}

    assert call("POST /api/auth/sign-in/email", json=sign_in).json["twoFactorMethods"] == ["otp"]
    assert call(VERIFY_TOTP, bearer=token, json={"code": app.code()}).status == 200
    assert call("POST /api/auth/sign-in/email", json=sign_in).json["twoFactorMethods"] == ["totp", "otp"]


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        ({"password": "wrong"}, "INVALID_PASSWORD"),
        ({}, "VALIDATION_ERROR"),
        ({"password": PASSWORD, "method": "sms"}, "VALIDATION_ERROR"),
        ({"password": PASSWORD, "issuer": "a:b"}, "VALIDATION_ERROR"),
    ],
)
def test_bad_input_changes_nothing(call: Api, ann: Person, cloud: Cloud, body: dict[str, str], refused: str) -> None:
    with tables_unchanged(cloud):
        assert call(ENABLE, bearer=ann.token, json=body).code == refused


def test_a_session_that_is_not_fresh_is_refused(call: Api, ann: Person, advance_clock: Callable[..., None]) -> None:
    advance_clock(hours=25)

    stale = call(ENABLE, bearer=ann.token, json={"password": PASSWORD})

    assert (stale.status, stale.code) == (403, "SESSION_NOT_FRESH")


def test_a_user_without_a_password_needs_a_fresh_session_alone(call: Api, oauth_flow: OAuthFlow) -> None:
    token = token_of(oauth_flow.sign_in())
    app = App(call(ENABLE, bearer=token, json={}).json["totpURI"])

    assert call(VERIFY_TOTP, bearer=token, json={"code": app.code()}).status == 200


def test_secrets_and_codes_are_not_stored_in_clear(
    call: Api, people: People, cloud: Cloud, advance_clock: Callable[..., None]
) -> None:
    one = Enrolled(call, people.signed_in("bob"))
    advance_clock(minutes=1)
    done = give(call, VERIFY_TOTP, challenge(call, one.email), one.app.code(), trustDevice=True)
    tokens = cookie_of(done, TRUST).rpartition(".")[0], challenge(call, one.email)
    tables = ("UsersTable", "TokensTable", "SessionsTable")
    rows = repr([cloud.client("dynamodb").scan(TableName=name)["Items"] for name in tables])

    assert {one.id in token for token in tokens} == {True}
    assert not any(token[-43:] in rows for token in tokens)
    assert not any(secret in rows for secret in (one.app.totp.secret, *one.backup_codes))
    assert str(one.app.totp.byte_secret())[2:-1] not in rows
