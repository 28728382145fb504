"""POST /api/auth/sign-up/email and its aliases: begins an account, which the mailed link verifies."""

import re
from collections.abc import Callable

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.auth_calls import SIGN_UP_COOKIE, cookie_names
from tests.support.calls import Api
from tests.support.concurrency import run_concurrently
from tests.support.mailbox import Mailbox
from tests.support.people import PASSWORD, People
from tests.support.tables import rows, tables_unchanged

SIGN_UP = "POST /api/auth/sign-up/email"
ROUTES = (SIGN_UP, "POST /api/auth/signup", "POST /api/auth/register")
ANN = {"email": "ann@example.com", "password": PASSWORD, "name": "Ann"}
WIRE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def test_a_sign_up_gives_no_session_before_the_address_is_verified(call: Api, mailbox: Mailbox, cloud: Cloud) -> None:
    """The user in the response has the keys and times of the wire protocol; no row of it exists yet."""
    response = call(SIGN_UP, json=ANN | {"email": "Ann@Example.com"})

    user = response.json["user"]
    assert (response.status, response.json["token"], cookie_names(response)) == (200, None, [SIGN_UP_COOKIE])
    assert "set-auth-token" not in response.headers
    keys = {"id", "email", "name", "image", "emailVerified", "createdAt", "updatedAt", "twoFactorEnabled"}
    assert set(user) == keys
    assert (user["email"], user["name"], user["image"], user["emailVerified"]) == (ANN["email"], "Ann", None, False)
    assert WIRE_TIME.fullmatch(user["createdAt"])
    assert WIRE_TIME.fullmatch(user["updatedAt"])
    assert rows(cloud, "UsersTable") == rows(cloud, "SessionsTable") == []
    assert mailbox.last.to == ANN["email"]


@pytest.mark.parametrize(
    ("route", "status", "keys"),
    [(ROUTES[0], 200, {"token", "user"}), (ROUTES[1], 201, {"user", "session", "token"}), (ROUTES[2], 201, {"user"})],
)
def test_every_alias_has_its_own_response_format_while_verification_is_required(
    call: Api, route: str, status: int, keys: set[str]
) -> None:
    response = call(route, json=ANN)

    assert response.status == status
    assert set(response.json) == keys
    assert not response.json.get("token")
    assert not response.json.get("session")


@pytest.mark.parametrize("route", ROUTES)
def test_without_verification_a_sign_up_opens_a_session(call: Api, settings: Callable[..., None], route: str) -> None:
    settings(require_email_verification="false")

    response = call(route, json=ANN)

    token = response.json.get("token") or response.json["access_token"]
    cookie = response.cookies[0].partition(";")[0]
    assert call("GET /api/auth/me", bearer=token).json["user"] == response.json["user"]
    assert call("GET /api/auth/me", cookies=[cookie]).json["user"]["email"] == "ann@example.com"
    assert response.json["user"]["emailVerified"] is False


@pytest.mark.parametrize("route", ROUTES)
def test_a_taken_address_gets_the_same_response_as_a_free_one(
    call: Api, people: People, mailbox: Mailbox, cloud: Cloud, route: str
) -> None:
    """Only the owner learns of it, by mail; their account does not change."""
    people.verified("ann")
    users = rows(cloud, "UsersTable")

    taken = call(route, json=ANN | {"password": "not the owner's"})
    new = call(route, json=ANN | {"email": "new@example.com"})

    assert (taken.status, list(taken.json), set(taken.headers)) == (new.status, list(new.json), set(new.headers))
    assert list(taken.json["user"]) == list(new.json["user"])
    assert taken.json["user"]["id"] != users[0]["user_id"]
    assert "already have an account" in mailbox.to("ann@example.com")[-1].subject
    assert "token=" not in mailbox.to("ann@example.com")[-1].text
    assert [row for row in rows(cloud, "UsersTable") if row not in users] == []
    assert people.sign_in("ann@example.com").token


def test_without_verification_a_taken_address_is_refused(
    call: Api, people: People, settings: Callable[..., None], cloud: Cloud
) -> None:
    people.verified("ann")
    settings(require_email_verification="false")
    with tables_unchanged(cloud):
        response = call(SIGN_UP, json=ANN | {"password": "not the owner's"})

        assert (response.status, response.code) == (422, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL")
        assert response.cookies == []


def test_fields_that_the_caller_may_not_set_are_ignored(call: Api, cloud: Cloud, mailbox: Mailbox) -> None:
    planted = {"id": "1", "userId": "1", "emailVerified": True, "role": "admin", "createdAt": "2000-01-01T00:00:00Z"}

    user = call(SIGN_UP, json=ANN | planted | {"passwordHash": "x", "epoch": 9}).json["user"]
    call("POST /api/auth/verify-email", json={"token": mailbox.last.token})

    (profile,) = (row for row in rows(cloud, "UsersTable") if row["sk"] == "PROFILE")
    assert user["emailVerified"] is False
    assert profile["user_id"] == user["id"] != "1"
    assert profile["epoch"] == "1"
    assert profile["password_hash"].startswith("$argon2id$")
    assert "role" not in profile


def test_a_name_is_optional_and_trimmed(call: Api) -> None:
    for given, stored in (({}, ""), ({"name": ""}, ""), ({"name": "  Ann  "}, "Ann"), ({"name": "a" * 100}, "a" * 100)):
        account = {"email": "ann@example.com", "password": PASSWORD} | given
        assert call(SIGN_UP, json=account).json["user"]["name"] == stored


def test_a_name_of_several_lines_is_refused_with_a_message(call: Api) -> None:
    """S-53."""
    response = call(SIGN_UP, json=ANN | {"name": "Ann\nMiller"})

    assert response.json["message"] == "[body.name] Must not have line breaks or other control characters"


def test_twenty_concurrent_sign_ups_create_one_account(call: Api, mailbox: Mailbox, cloud: Cloud) -> None:
    responses = run_concurrently(
        lambda number: call(SIGN_UP, json=ANN | {"password": f"password of {number}"}), range(20)
    )
    mails = mailbox.to("ann@example.com")
    verified = [call("POST /api/auth/verify-email", json={"token": mail.token}).status for mail in mails]

    assert {response.status for response in responses} == {200}
    assert verified == [200]
    assert sorted(row["sk"] for row in rows(cloud, "UsersTable")) == ["EMAIL", "PROFILE"]


def test_of_twenty_concurrent_sign_ups_without_verification_one_succeeds(
    call: Api, settings: Callable[..., None], cloud: Cloud
) -> None:
    settings(require_email_verification="false")

    responses = run_concurrently(
        lambda number: call(SIGN_UP, json=ANN | {"password": f"password of {number}"}), range(20)
    )

    assert sorted(response.status for response in responses) == [200, *[422] * 19]
    assert sorted(row["sk"] for row in rows(cloud, "UsersTable")) == ["EMAIL", "PROFILE"]
    assert len(rows(cloud, "SessionsTable")) == 2  # the session of the successful sign-up, and the epoch


@pytest.mark.parametrize("route", ROUTES)
def test_where_sign_up_is_disabled_nothing_is_written(
    call: Api, cloud: Cloud, settings: Callable[..., None], route: str
) -> None:
    settings(sign_up_enabled="false")

    with tables_unchanged(cloud):
        response = call(route, json=ANN)

    assert (response.status, response.code) == (400, "EMAIL_PASSWORD_SIGN_UP_DISABLED")
