"""The setting RequireTwoFactor: whoever has no second factor can set one up, and does nothing else meanwhile."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from gatehouse_dev.cloud import Cloud
from tests.layer.every_route import authorized_request, each
from tests.support.calls import Api
from tests.support.interleaving import interleave
from tests.support.passkeys import DELETE, Passkeys
from tests.support.people import PASSWORD, People, Person
from tests.support.routes import PROTECTED
from tests.support.tables import tables_unchanged
from tests.support.two_factor import ENABLE, GET_URI, TRUST, VERIFY_TOTP, App, Enrolled, challenge, cookie_of, give

ADMITTED = {
    ENABLE,
    GET_URI,
    "POST /api/auth/verify-password",
    "GET /api/auth/passkey/generate-register-options",
    "POST /api/auth/passkey/verify-registration",
}
ALL = {"require_two_factor": "all"}


@pytest.fixture
def ann(people: People) -> Person:
    """A user without a second factor, signed in."""
    return people.signed_in()


@each(sorted({*PROTECTED} - ADMITTED))
def test_a_session_without_a_second_factor_is_for_nothing_else(
    call: Api, ann: Person, cloud: Cloud, settings: Callable[..., None], route: str
) -> None:
    settings(**ALL)

    with tables_unchanged(cloud):
        refused = authorized_request(call, route, ann.id, bearer=ann.token)

    assert (refused.status, refused.code) == (403, "TWO_FACTOR_REQUIRED")


def test_it_leads_to_the_set_up_and_on(call: Api, ann: Person, settings: Callable[..., None]) -> None:
    settings(**ALL)
    assert call("GET /api/auth/get-session", bearer=ann.token).json["user"]["twoFactorEnabled"] is False
    assert call("POST /api/auth/verify-password", bearer=ann.token, json={"password": PASSWORD}).status == 200

    app = App(call(ENABLE, bearer=ann.token, json={"password": PASSWORD}).json["totpURI"])
    confirmed = call(VERIFY_TOTP, bearer=ann.token, json={"code": app.code()})

    assert call("GET /api/tasks", bearer=confirmed.json["token"]).status == 200


def test_mailed_codes_are_enough(call: Api, ann: Person, settings: Callable[..., None]) -> None:
    settings(**ALL)
    token = call(ENABLE, bearer=ann.token, json={"password": PASSWORD, "method": "otp"}).headers["set-auth-token"]

    assert call("GET /api/tasks", bearer=token).status == 200


def test_no_other_backend_gets_a_token(call: Api, ann: Person, settings: Callable[..., None]) -> None:
    refresh = call("POST /api/auth/refresh", bearer=ann.token, json={}).json["refresh_token"]
    settings(**ALL)

    assert "set-auth-jwt" not in call("GET /api/auth/get-session", bearer=ann.token).headers
    assert call("GET /api/auth/token", bearer=ann.token).code == "TWO_FACTOR_REQUIRED"
    for body in ({"refresh_token": refresh}, {"refresh_token": refresh}, {}):  # it is still the one to use
        assert call("POST /api/auth/refresh", bearer=ann.token, json=body).code == "TWO_FACTOR_REQUIRED"


@pytest.mark.parametrize("alias", ["login", "register"])
def test_clients_of_jwts_get_the_session_for_the_set_up_and_their_tokens_afterwards(
    call: Api, people: People, settings: Callable[..., None], alias: str
) -> None:
    settings(**ALL, require_email_verification="false")
    email = people.verified("bob") if alias == "login" else "bob@example.com"

    begun = call(f"POST /api/auth/{alias}", json={"name": "Bob", "email": email, "password": PASSWORD})

    assert (begun.status, set(begun.json)) == (200 if alias == "login" else 201, {"user", "session", "token"})
    token = begun.json["token"]
    assert begun.headers["set-auth-token"].startswith(token)
    assert call("GET /api/tasks", bearer=token).code == "TWO_FACTOR_REQUIRED"
    app = App(call(ENABLE, bearer=token, json={"password": PASSWORD}).json["totpURI"])
    token = call(VERIFY_TOTP, bearer=token, json={"code": app.code()}).json["token"]
    tokens = call("POST /api/auth/refresh", bearer=token, json={}).json
    assert call("GET /api/tasks", bearer=tokens["access_token"]).status == 200


def test_a_jwt_of_before_admits_to_nothing(call: Api, ann: Person, settings: Callable[..., None]) -> None:
    jwt = call("GET /api/auth/token", bearer=ann.token).json["token"]
    settings(**ALL)

    assert call("GET /api/tasks", bearer=jwt).code == "TWO_FACTOR_REQUIRED"


def test_an_older_session_of_a_user_with_a_second_factor_goes_on_after_a_code(
    call: Api, people: People, settings: Callable[..., None], advance_clock: Callable[..., None]
) -> None:
    older = people.signed_in()
    enrolled = Enrolled(call, people.sign_in(older.email))
    settings(**ALL)
    advance_clock(minutes=1)
    assert call("GET /api/tasks", bearer=older.token).code == "TWO_FACTOR_REQUIRED"

    assert call(VERIFY_TOTP, bearer=older.token, json={"code": enrolled.app.code()}).status == 200

    assert call("GET /api/tasks", bearer=older.token).status == 200


def test_turning_it_off_leads_to_the_set_up_again(call: Api, ann: Person, settings: Callable[..., None]) -> None:
    enrolled = Enrolled(call, ann)
    settings(**ALL)
    disabled = call("POST /api/auth/two-factor/disable", bearer=enrolled.token, json={"password": PASSWORD})

    assert call("GET /api/tasks", bearer=disabled.headers["set-auth-token"]).code == "TWO_FACTOR_REQUIRED"


def test_whoever_deletes_their_last_passkey_is_led_to_the_set_up_and_their_other_sessions_end(
    call: Api, people: People, settings: Callable[..., None]
) -> None:
    ann = people.signed_in()
    passkeys = Passkeys(call=call)
    made = passkeys.added(ann)
    settings(**ALL)
    here, there = (replace(ann, token=passkeys.sign_in(made).json["session"]["token"]) for _ in range(2))

    (passkey,) = passkeys.list(here)
    assert call(DELETE, bearer=here.token, json={"id": passkey["id"]}).status == 200

    assert call("GET /api/auth/get-session", bearer=there.token).json is None
    assert call("GET /api/tasks", bearer=here.token).code == "TWO_FACTOR_REQUIRED"
    passkeys.added(here)
    assert call("GET /api/tasks", bearer=here.token).status == 200


@pytest.mark.parametrize("left", ["another passkey", "an app", "no setting"])
def test_the_other_sessions_of_whoever_has_a_second_factor_left_go_on(
    call: Api, people: People, settings: Callable[..., None], left: str
) -> None:
    ann = people.signed_in()
    passkeys = Passkeys(call=call)
    made = passkeys.added(ann)
    if left == "another passkey":
        passkeys.added(ann)
    elif left == "an app":
        ann = replace(ann, token=Enrolled(call, ann).token)
    settings(require_two_factor="off" if left == "no setting" else "all")
    here, there = (replace(ann, token=passkeys.sign_in(made).json["session"]["token"]) for _ in range(2))

    assert call(DELETE, bearer=here.token, json={"id": passkeys.list(here)[0]["id"]}).status == 200

    assert [call("GET /api/tasks", bearer=token).status for token in (here.token, there.token)] == [200, 200]


@pytest.mark.parametrize("meanwhile", ["sign-out", "revoke-sessions", "revoke-other-sessions"])
def test_a_session_that_ends_meanwhile_deletes_no_last_passkey(
    call: Api, people: People, settings: Callable[..., None], monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    passkeys, ann = Passkeys(call=call), people.signed_in()
    made = passkeys.added(ann)
    settings(**ALL)
    here = replace(ann, token=passkeys.sign_in(made).json["session"]["token"])
    (passkey,) = passkeys.list(here)
    interleave(
        monkeypatch,
        "passkeys.own_passkeys",
        "transact",
        lambda: call(f"POST /api/auth/{meanwhile}", bearer=here.token, json={}),
    )

    status = call(DELETE, bearer=here.token, json={"id": passkey["id"]}).status
    assert status == (200 if meanwhile == "revoke-other-sessions" else 401)


def test_a_session_of_a_trusted_device_and_one_that_replaces_another_have_the_second_factor(
    call: Api, ann: Person, settings: Callable[..., None], advance_clock: Callable[..., None]
) -> None:
    enrolled = Enrolled(call, ann)
    settings(**ALL)
    advance_clock(minutes=1)
    done = give(call, VERIFY_TOTP, challenge(call, ann.email), enrolled.app.code(), trustDevice=True)
    trusted = {"cookies": [cookie_of(done, TRUST)], "headers": {"origin": "https://app.example.com"}}

    token = call("POST /api/auth/sign-in/email", json={"email": ann.email, "password": PASSWORD}, **trusted).json[
        "token"
    ]
    assert call("GET /api/tasks", bearer=token).status == 200
    change = {"currentPassword": PASSWORD, "newPassword": "another horse battery", "revokeOtherSessions": True}
    token = call("POST /api/auth/change-password", bearer=token, json=change).json["token"]
    assert call("GET /api/tasks", bearer=token).status == 200


@pytest.mark.parametrize("setting", ["off", "all"])
def test_whoever_gave_both_factors_does_everything(
    call: Api, ann: Person, settings: Callable[..., None], advance_clock: Callable[..., None], setting: str
) -> None:
    enrolled = Enrolled(call, ann)
    settings(require_two_factor=setting)
    advance_clock(minutes=1)

    done = give(call, VERIFY_TOTP, challenge(call, ann.email), enrolled.app.code())

    assert call("GET /api/tasks", bearer=done.json["token"]).status == 200
    assert call("GET /api/auth/token", bearer=done.json["token"]).status == 200
