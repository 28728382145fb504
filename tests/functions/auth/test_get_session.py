"""GET /api/auth/get-session and its aliases: returns the request's session, and renews it while it is in use."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.calls import Api
from tests.support.people import PASSWORD, People, Person
from tests.support.tables import rows, tables_unchanged

GET_SESSION = "GET /api/auth/get-session"
WEEK = timedelta(days=7)
COOKIE = "__Secure-better-auth.session_token"


def expiry(call: Api, token: str) -> datetime:
    """Return when the session expires."""
    return datetime.fromisoformat(call(f"{GET_SESSION}", bearer=token).json["session"]["expiresAt"])


def test_the_response_has_session_and_user(call: Api, ann: Person) -> None:
    response = call(GET_SESSION, bearer=ann.token)

    assert set(response.json) == {"session", "user"}
    assert set(response.json["session"]) == {
        *("id", "token", "userId", "expiresAt", "createdAt", "updatedAt", "ipAddress", "userAgent")
    }
    assert response.json["session"]["token"] == ann.token
    assert response.json["session"]["userId"] == response.json["user"]["id"] == ann.id
    assert "password" not in response.text


@pytest.mark.parametrize("credential", ["bearer", "signed bearer", "cookie"])
def test_a_session_token_is_accepted_as_bearer_and_as_cookie(call: Api, ann: Person, credential: str) -> None:
    signed = ann.cookie.partition("=")[2]
    credentials: dict[str, dict[str, Any]] = {
        "bearer": {"bearer": ann.token},
        "signed bearer": {"bearer": signed},
        "cookie": {"cookies": [ann.cookie]},
    }

    response = call(GET_SESSION, **credentials[credential])

    assert response.json["user"]["email"] == ann.email
    assert response.cookies == []


def test_without_a_session_the_response_is_null(call: Api) -> None:
    """The official client expects null; a 401 or an empty body would break it."""
    assert (call(GET_SESSION).status, call(GET_SESSION).text) == (200, "null")
    assert call("GET /api/auth/session").json == {"session": None, "user": None}
    assert (call("GET /api/auth/me").status, call("GET /api/auth/me").code) == (401, "UNAUTHORIZED")


def test_a_malformed_token_is_anonymous_and_reads_no_table(call: Api) -> None:
    for bearer in ("", "garbage", "a.b.c", "x" * 101, "%00", "\xff", "a" * 200_000):
        assert (call(GET_SESSION, bearer=bearer).text, call.aws_operations) == ("null", []), bearer[:20]


def test_a_forged_cookie_is_anonymous_and_reads_no_table(call: Api, ann: Person) -> None:
    value = ann.cookie[:-8]
    call(GET_SESSION, cookies=[f"{value}AAAAA%3D"])  # may read the keyring once, in case the key is new

    for forged in (f"{value}AAAAA%3D", f"{COOKIE}={ann.token}", f"{COOKIE}={ann.token}.", value):
        response = call(GET_SESSION, cookies=[forged])
        assert (response.text, response.cookies, call.aws_operations) == ("null", [], [])


def test_the_cookies_of_an_ended_session_are_cleared(call: Api, ann: Person) -> None:
    call("POST /api/auth/sign-out", bearer=ann.token)

    response = call(GET_SESSION, cookies=[ann.cookie])

    assert response.text == "null"
    assert [cookie.partition("=")[0].rpartition(".")[2] for cookie in response.cookies] == [
        "session_token",
        "session_data",
        "dont_remember",
    ]
    assert all("=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax" in cookie for cookie in response.cookies)


def test_a_read_is_one_aws_call_and_writes_nothing(call: Api, ann: Person, cloud: Cloud) -> None:
    with tables_unchanged(cloud):
        call(GET_SESSION, bearer=ann.token)

        assert call.aws_operations == ["BatchGetItem"]


def test_an_unused_session_expires_after_a_week_although_its_row_exists(
    call: Api, ann: Person, advance_clock: Callable[..., None], cloud: Cloud
) -> None:
    """S-38: TTL deletes late, so the code checks the expiry."""
    advance_clock(days=7, seconds=-2)
    assert call("GET /api/tasks", bearer=ann.token).status == 200

    advance_clock(seconds=2)

    assert call(GET_SESSION, bearer=ann.token).text == "null"
    assert call("GET /api/tasks", bearer=ann.token).code == "TOKEN_EXPIRED"
    assert len(rows(cloud, "SessionsTable")) == 2


def test_a_session_in_use_is_renewed_once_a_day(call: Api, ann: Person, advance_clock: Callable[..., None]) -> None:
    first_end = expiry(call, ann.token)
    advance_clock(hours=23, minutes=59)
    assert expiry(call, ann.token) == first_end

    advance_clock(minutes=1)
    renewed = call(GET_SESSION, cookies=[ann.cookie])

    assert timedelta() <= datetime.fromisoformat(renewed.json["session"]["expiresAt"]) - first_end - WEEK / 7 < WEEK / 7
    assert renewed.json["session"]["token"] == ann.token
    assert renewed.cookies == [f"{ann.cookie}; Max-Age=604800; Path=/; HttpOnly; Secure; SameSite=Lax"]
    assert call(GET_SESSION, cookies=[ann.cookie]).cookies == []


@pytest.mark.parametrize("value", ["true", "1", "false"])
def test_a_client_may_read_without_renewing(
    call: Api, ann: Person, advance_clock: Callable[..., None], cloud: Cloud, value: str
) -> None:
    """The protocol takes any text as true, `false` included."""
    advance_clock(days=2)
    with tables_unchanged(cloud):
        response = call(GET_SESSION, bearer=ann.token, query={"disableRefresh": value})

        assert (response.status, response.cookies) == (200, [])


def test_only_get_session_renews(call: Api, ann: Person, advance_clock: Callable[..., None], cloud: Cloud) -> None:
    advance_clock(days=2)
    with tables_unchanged(cloud):
        assert call("GET /api/tasks", bearer=ann.token).status == 200


def test_no_session_outlives_thirty_days_however_often_it_is_used(
    call: Api, ann: Person, advance_clock: Callable[..., None]
) -> None:
    for _ in range(5):
        advance_clock(days=5)
        assert call(GET_SESSION, bearer=ann.token).json
    advance_clock(days=5, seconds=-2)
    assert call(GET_SESSION, bearer=ann.token).json

    advance_clock(seconds=2)

    assert call(GET_SESSION, bearer=ann.token).text == "null"
    assert call("GET /api/auth/me", bearer=ann.token).status == 401


def test_a_session_that_is_not_remembered_is_never_renewed(
    call: Api, people: People, advance_clock: Callable[..., None]
) -> None:
    given = {"email": people.verified(), "password": PASSWORD, "rememberMe": False}
    token = call("POST /api/auth/sign-in/email", json=given).json["token"]
    first_end = expiry(call, token)

    advance_clock(hours=23)

    assert expiry(call, token) == first_end


def test_a_session_that_is_not_remembered_does_not_outlive_the_session_lifetime(
    call: Api, people: People, settings: Callable[..., None], advance_clock: Callable[..., None]
) -> None:
    settings(session_lifetime="3600")
    given = {"email": people.verified(), "password": PASSWORD, "rememberMe": False}
    token = call("POST /api/auth/sign-in/email", json=given).json["token"]

    advance_clock(seconds=3600)

    assert call(GET_SESSION, bearer=token).text == "null"


def test_a_session_without_an_epoch_is_invalid(call: Api, ann: Person, cloud: Cloud) -> None:
    """Without EPOCH row there is no such user."""
    key = {"user_id": {"S": ann.id}, "session_id": {"S": "EPOCH"}}
    cloud.client("dynamodb").delete_item(TableName="SessionsTable", Key=key)

    assert call(GET_SESSION, bearer=ann.token).text == "null"
    assert call("GET /api/tasks", bearer=ann.token).code == "INVALID_TOKEN"


@pytest.mark.parametrize("route", [GET_SESSION, "GET /api/auth/me", "GET /api/auth/token", "GET /api/tasks"])
def test_a_cookie_is_accepted_beside_an_expired_jwt(
    call: Api, ann: Person, advance_clock: Callable[..., None], route: str
) -> None:
    """A page that keeps sending `set-auth-jwt` stays signed in by its cookie."""
    token = call("GET /api/auth/token", bearer=ann.token).json["token"]
    advance_clock(minutes=16)

    response = call(route, bearer=token, cookies=[ann.cookie])

    assert (response.status, response.cookies) == (200, [])
    assert response.text != "null"
    assert call(route, bearer=token).text != response.text


def test_an_expired_jwt_beside_an_expired_cookie_is_anonymous(
    call: Api, ann: Person, advance_clock: Callable[..., None]
) -> None:
    token = call("GET /api/auth/token", bearer=ann.token).json["token"]
    advance_clock(days=8)

    response = call("GET /api/auth/get-session", bearer=token, cookies=[ann.cookie])

    assert (response.text, len(response.cookies)) == ("null", 3)
    assert call("GET /api/tasks", bearer=token, cookies=[ann.cookie]).code == "TOKEN_EXPIRED"
