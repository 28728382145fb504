"""POST /api/auth/sign-up/email and its aliases: an account begins, nobody's until its mail is answered."""

import re
from collections.abc import Callable

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.calls import Api
from tests.support.concurrency import run_concurrently
from tests.support.mailbox import Mailbox
from tests.support.people import PASSWORD, People
from tests.support.tables import rows, tables_unchanged

SIGN_UP = "POST /api/auth/sign-up/email"
ROUTES = (SIGN_UP, "POST /api/auth/signup", "POST /api/auth/register")
ANN = {"email": "ann@example.com", "password": PASSWORD, "name": "Ann"}
WIRE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def test_signing_up_gives_no_session_before_the_address_is_verified(call: Api, mailbox: Mailbox, cloud: Cloud) -> None:
    """The user has the keys and times of the wire protocol, and is nobody's yet."""
    answer = call(SIGN_UP, json=ANN | {"email": "Ann@Example.com"})

    user = answer.json["user"]
    assert (answer.status, answer.json["token"], answer.cookies) == (200, None, [])
    assert "set-auth-token" not in answer.headers
    assert set(user) == {"id", "email", "name", "image", "emailVerified", "createdAt", "updatedAt"}
    assert (user["email"], user["name"], user["image"], user["emailVerified"]) == (ANN["email"], "Ann", None, False)
    assert WIRE_TIME.fullmatch(user["createdAt"])
    assert WIRE_TIME.fullmatch(user["updatedAt"])
    assert rows(cloud, "UsersTable") == rows(cloud, "SessionsTable") == []
    assert mailbox.last.to == ANN["email"]


@pytest.mark.parametrize(
    ("route", "status", "keys"),
    [(ROUTES[0], 200, {"token", "user"}), (ROUTES[1], 201, {"user", "session", "token"}), (ROUTES[2], 201, {"user"})],
)
def test_every_alias_has_its_own_shape_while_verification_is_required(
    call: Api, route: str, status: int, keys: set[str]
) -> None:
    answer = call(route, json=ANN)

    assert answer.status == status
    assert set(answer.json) == keys
    assert not answer.json.get("token")
    assert not answer.json.get("session")


@pytest.mark.parametrize("route", ROUTES)
def test_without_verification_one_is_signed_in_at_once(call: Api, settings: Callable[..., None], route: str) -> None:
    settings(require_email_verification="false")

    answer = call(route, json=ANN)

    token = answer.json.get("token") or answer.json["access_token"]
    cookie = answer.cookies[0].partition(";")[0]
    assert call("GET /api/auth/me", bearer=token).json["user"] == answer.json["user"]
    assert call("GET /api/auth/me", cookies=[cookie]).json["user"]["email"] == "ann@example.com"
    assert answer.json["user"]["emailVerified"] is False


@pytest.mark.parametrize("route", ROUTES)
def test_an_address_that_is_taken_gets_the_answer_of_a_new_one(
    call: Api, people: People, mailbox: Mailbox, cloud: Cloud, route: str
) -> None:
    """Only the owner learns of it, by mail; nothing of theirs changes."""
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


def test_without_verification_an_address_that_is_taken_is_refused(
    call: Api, people: People, settings: Callable[..., None], cloud: Cloud
) -> None:
    people.verified("ann")
    settings(require_email_verification="false")
    with tables_unchanged(cloud):
        answer = call(SIGN_UP, json=ANN | {"password": "not the owner's"})

        assert (answer.status, answer.code) == (422, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL")
        assert answer.cookies == []


def test_what_is_not_the_callers_to_set_is_ignored(call: Api, cloud: Cloud, mailbox: Mailbox) -> None:
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
    for given, kept in (({}, ""), ({"name": ""}, ""), ({"name": "  Ann  "}, "Ann"), ({"name": "a" * 100}, "a" * 100)):
        account = {"email": "ann@example.com", "password": PASSWORD} | given
        assert call(SIGN_UP, json=account).json["user"]["name"] == kept


def test_a_name_of_several_lines_is_refused_in_words(call: Api) -> None:
    """S-53."""
    answer = call(SIGN_UP, json=ANN | {"name": "Ann\nMiller"})

    assert answer.json["message"] == "[body.name] Must not have line breaks or other control characters"


def test_twenty_sign_ups_at_once_become_one_account(call: Api, mailbox: Mailbox, cloud: Cloud) -> None:
    answers = run_concurrently(
        lambda number: call(SIGN_UP, json=ANN | {"password": f"password of {number}"}), range(20)
    )
    mails = mailbox.to("ann@example.com")
    verified = [call("POST /api/auth/verify-email", json={"token": mail.token}).status for mail in mails]

    assert {answer.status for answer in answers} == {200}
    assert verified == [200]
    assert sorted(row["sk"] for row in rows(cloud, "UsersTable")) == ["EMAIL", "PROFILE"]


def test_twenty_sign_ups_at_once_without_verification_let_one_in(
    call: Api, settings: Callable[..., None], cloud: Cloud
) -> None:
    settings(require_email_verification="false")

    answers = run_concurrently(
        lambda number: call(SIGN_UP, json=ANN | {"password": f"password of {number}"}), range(20)
    )

    assert sorted(answer.status for answer in answers) == [200, *[422] * 19]
    assert sorted(row["sk"] for row in rows(cloud, "UsersTable")) == ["EMAIL", "PROFILE"]
    assert len(rows(cloud, "SessionsTable")) == 2  # the winner's session, and the epoch


@pytest.mark.parametrize("route", ROUTES)
def test_where_nobody_may_sign_up_nothing_is_written(
    call: Api, cloud: Cloud, settings: Callable[..., None], route: str
) -> None:
    settings(sign_up_enabled="false")

    with tables_unchanged(cloud):
        answer = call(route, json=ANN)

    assert (answer.status, answer.code) == (400, "EMAIL_PASSWORD_SIGN_UP_DISABLED")
