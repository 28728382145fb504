"""GET /api/auth/get-session and its aliases: the session that a request carries, kept alive while it is in use."""

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


def end_of(call: Api, token: str) -> datetime:
    """When the session says that it ends."""
    return datetime.fromisoformat(call(f"{GET_SESSION}", bearer=token).json["session"]["expiresAt"])


def test_a_session_and_its_person_are_shown(call: Api, ann: Person) -> None:
    answer = call(GET_SESSION, bearer=ann.token)

    assert set(answer.json) == {"session", "user"}
    assert set(answer.json["session"]) == {
        *("id", "token", "userId", "expiresAt", "createdAt", "updatedAt", "ipAddress", "userAgent")
    }
    assert answer.json["session"]["token"] == ann.token
    assert answer.json["session"]["userId"] == answer.json["user"]["id"] == ann.id
    assert "password" not in answer.text


@pytest.mark.parametrize("credential", ["bearer", "signed bearer", "cookie"])
def test_a_session_travels_as_token_or_as_cookie(call: Api, ann: Person, credential: str) -> None:
    signed = ann.cookie.partition("=")[2]
    ways: dict[str, dict[str, Any]] = {
        "bearer": {"bearer": ann.token},
        "signed bearer": {"bearer": signed},
        "cookie": {"cookies": [ann.cookie]},
    }

    answer = call(GET_SESSION, **ways[credential])

    assert answer.json["user"]["email"] == ann.email
    assert answer.cookies == []


def test_nobody_signed_in_is_no_error(call: Api) -> None:
    """The official client reads null; a 401 or an empty body would break it."""
    assert (call(GET_SESSION).status, call(GET_SESSION).text) == (200, "null")
    assert call("GET /api/auth/session").json == {"session": None, "user": None}
    assert (call("GET /api/auth/me").status, call("GET /api/auth/me").code) == (401, "UNAUTHORIZED")


def test_a_garbage_token_is_nobody_and_asks_no_table(call: Api) -> None:
    for bearer in ("", "garbage", "a.b.c", "x" * 101, "%00", "\xff", "a" * 200_000):
        assert (call(GET_SESSION, bearer=bearer).text, call.aws_operations) == ("null", []), bearer[:20]


def test_a_badly_signed_cookie_is_nobody_and_asks_no_table(call: Api, ann: Person) -> None:
    value = ann.cookie[:-8]
    call(GET_SESSION, cookies=[f"{value}AAAAA%3D"])  # may look at the keyring once, in case the key is a new one

    for forged in (f"{value}AAAAA%3D", f"{COOKIE}={ann.token}", f"{COOKIE}={ann.token}.", value):
        answer = call(GET_SESSION, cookies=[forged])
        assert (answer.text, answer.cookies, call.aws_operations) == ("null", [], [])


def test_a_dead_session_takes_its_cookies_back(call: Api, ann: Person) -> None:
    call("POST /api/auth/sign-out", bearer=ann.token)

    answer = call(GET_SESSION, cookies=[ann.cookie])

    assert answer.text == "null"
    assert [cookie.partition("=")[0].rpartition(".")[2] for cookie in answer.cookies] == [
        "session_token",
        "session_data",
        "dont_remember",
    ]
    assert all("=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax" in cookie for cookie in answer.cookies)


def test_looking_is_one_round_trip_and_writes_nothing(call: Api, ann: Person, cloud: Cloud) -> None:
    with tables_unchanged(cloud):
        call(GET_SESSION, bearer=ann.token)

        assert call.aws_operations == ["BatchGetItem"]


def test_an_unused_session_ends_after_a_week_although_its_row_is_still_there(
    call: Api, ann: Person, advance_clock: Callable[..., None], cloud: Cloud
) -> None:
    """S-38: TTL deletes late, so the code decides."""
    advance_clock(days=7, seconds=-2)
    assert call("GET /api/tasks", bearer=ann.token).status == 200

    advance_clock(seconds=2)

    assert call(GET_SESSION, bearer=ann.token).text == "null"
    assert call("GET /api/tasks", bearer=ann.token).code == "TOKEN_EXPIRED"
    assert len(rows(cloud, "SessionsTable")) == 2


def test_a_session_in_use_is_renewed_once_a_day(call: Api, ann: Person, advance_clock: Callable[..., None]) -> None:
    first_end = end_of(call, ann.token)
    advance_clock(hours=23, minutes=59)
    assert end_of(call, ann.token) == first_end

    advance_clock(minutes=1)
    renewed = call(GET_SESSION, cookies=[ann.cookie])

    assert timedelta() <= datetime.fromisoformat(renewed.json["session"]["expiresAt"]) - first_end - WEEK / 7 < WEEK / 7
    assert renewed.json["session"]["token"] == ann.token
    assert renewed.cookies == [f"{ann.cookie}; Max-Age=604800; Path=/; HttpOnly; Secure; SameSite=Lax"]
    assert call(GET_SESSION, cookies=[ann.cookie]).cookies == []


@pytest.mark.parametrize("value", ["true", "1", "false"])
def test_a_client_may_look_without_renewing(
    call: Api, ann: Person, advance_clock: Callable[..., None], cloud: Cloud, value: str
) -> None:
    """Any text is true to the protocol, `false` included."""
    advance_clock(days=2)
    with tables_unchanged(cloud):
        answer = call(GET_SESSION, bearer=ann.token, query={"disableRefresh": value})

        assert (answer.status, answer.cookies) == (200, [])


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
    first_end = end_of(call, token)

    advance_clock(hours=23)

    assert end_of(call, token) == first_end


def test_a_session_that_is_not_remembered_never_lives_longer_than_one_that_is(
    call: Api, people: People, settings: Callable[..., None], advance_clock: Callable[..., None]
) -> None:
    settings(session_lifetime="3600")
    given = {"email": people.verified(), "password": PASSWORD, "rememberMe": False}
    token = call("POST /api/auth/sign-in/email", json=given).json["token"]

    advance_clock(seconds=3600)

    assert call(GET_SESSION, bearer=token).text == "null"


def test_a_session_without_an_epoch_is_no_session(call: Api, ann: Person, cloud: Cloud) -> None:
    """No EPOCH row: no such user."""
    key = {"user_id": {"S": ann.id}, "session_id": {"S": "EPOCH"}}
    cloud.client("dynamodb").delete_item(TableName="SessionsTable", Key=key)

    assert call(GET_SESSION, bearer=ann.token).text == "null"
    assert call("GET /api/tasks", bearer=ann.token).code == "INVALID_TOKEN"


@pytest.mark.parametrize("route", [GET_SESSION, "GET /api/auth/me", "GET /api/auth/token", "GET /api/tasks"])
def test_a_jwt_that_is_too_old_does_not_stand_in_the_way_of_a_cookie(
    call: Api, ann: Person, advance_clock: Callable[..., None], route: str
) -> None:
    """A page that keeps sending `set-auth-jwt` along stays signed in by its cookie."""
    token = call("GET /api/auth/token", bearer=ann.token).json["token"]
    advance_clock(minutes=16)

    answer = call(route, bearer=token, cookies=[ann.cookie])

    assert (answer.status, answer.cookies) == (200, [])
    assert answer.text != "null"
    assert call(route, bearer=token).text != answer.text


def test_a_jwt_and_a_cookie_that_are_both_dead_are_nobodys(
    call: Api, ann: Person, advance_clock: Callable[..., None]
) -> None:
    token = call("GET /api/auth/token", bearer=ann.token).json["token"]
    advance_clock(days=8)

    answer = call("GET /api/auth/get-session", bearer=token, cookies=[ann.cookie])

    assert (answer.text, len(answer.cookies)) == ("null", 3)
    assert call("GET /api/tasks", bearer=token, cookies=[ann.cookie]).code == "TOKEN_EXPIRED"
