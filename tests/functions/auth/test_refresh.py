"""POST /api/auth/refresh: a refresh token buys a new access token and its own successor."""

from collections.abc import Callable
from typing import Any

import jwt
import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.auth_calls import request_reset, reset_password, sign_in
from tests.support.calls import Api, Response
from tests.support.layer import layer
from tests.support.mailbox import Mailbox
from tests.support.people import PASSWORD, People
from tests.support.tables import rows, tables_unchanged

REFRESH = "POST /api/auth/refresh"


def logged_in(call: Api, email: str, **more: Any) -> dict[str, Any]:
    """A session in OAuth's words."""
    answer = call("POST /api/auth/login", json={"email": email, "password": PASSWORD} | more)
    assert answer.status == 200, answer.text
    body: dict[str, Any] = answer.json
    return body


def refreshes(call: Api, token: str) -> Response:
    """Use a refresh token."""
    return call(REFRESH, json={"refresh_token": token})


def assert_refused(call: Api, token: str, code: str = "INVALID_TOKEN") -> None:
    """401, with nothing in it."""
    answer = refreshes(call, token)
    assert (answer.status, answer.code, answer.cookies) == (401, code, [])
    assert set(answer.json) == {"code", "message", "requestId"}


@pytest.fixture
def email(people: People) -> str:
    """Somebody's address."""
    return people.verified()


@pytest.fixture
def entered(call: Api, email: str) -> dict[str, Any]:
    """Her session."""
    return logged_in(call, email)


def test_a_refresh_token_buys_both_tokens_anew(call: Api, entered: dict[str, Any]) -> None:
    answer = refreshes(call, entered["refresh_token"])

    assert (answer.status, answer.cookies) == (200, [])
    assert set(answer.json) == {"access_token", "refresh_token", "token_type", "expires_in", "user"}
    assert (answer.json["token_type"], answer.json["expires_in"]) == ("bearer", 900)
    assert answer.json["user"] == entered["user"]
    assert answer.json["refresh_token"] != entered["refresh_token"]
    assert call("GET /api/tasks", bearer=answer.json["access_token"]).status == 200
    assert call("GET /api/tasks", bearer=entered["access_token"]).status == 200


def test_each_one_buys_the_next(call: Api, entered: dict[str, Any]) -> None:
    tokens = [entered["refresh_token"]]

    for _ in range(5):
        tokens.append(refreshes(call, tokens[-1]).json["refresh_token"])

    assert len(set(tokens)) == 6
    assert {len(token) for token in tokens} == {109}


def test_it_is_the_same_session_all_along(call: Api, cloud: Cloud, entered: dict[str, Any]) -> None:
    after = refreshes(call, entered["refresh_token"]).json

    first, second = (jwt.decode(body["access_token"], options={"verify_signature": False}) for body in (entered, after))
    assert first["sid"] == second["sid"]
    assert sorted(len(row["session_id"]) for row in rows(cloud, "SessionsTable")) == [5, 22]


def test_the_user_is_shown_as_they_are_now(call: Api, entered: dict[str, Any]) -> None:
    call("POST /api/auth/update-user", json={"name": "Anna"}, bearer=entered["access_token"])

    after = refreshes(call, entered["refresh_token"]).json

    claims = jwt.decode(after["access_token"], options={"verify_signature": False})
    assert (after["user"]["name"], claims["name"]) == ("Anna", "Anna")


def test_a_body_without_a_token_is_wrong_input(call: Api) -> None:
    bodies: list[Any] = [{}, {"refresh_token": None}, {"refresh_token": 1}, {"refreshToken": "x"}, [], "x"]
    for body in bodies:
        answer = call(REFRESH, json=body)
        assert (answer.status, answer.code, call.aws_operations) == (400, "VALIDATION_ERROR", []), body


def test_garbage_is_refused_without_a_read(call: Api, entered: dict[str, Any]) -> None:
    good = entered["refresh_token"]
    texts = ["", "x", "x" * 109, "a.b.c", f"{good}\n", f" {good}", good[:-1], f"{good}A", good.upper(), "é" * 109]
    for text in [*texts, "\0", "x" * 100_000]:
        assert_refused(call, text)
        assert call.aws_operations == []


def test_a_forged_one_is_refused_and_harms_nobody(call: Api, cloud: Cloud, entered: dict[str, Any]) -> None:
    """Whoever saw a session's id, which every access token shows, must not end it by claiming a generation."""
    good = entered["refresh_token"]
    with tables_unchanged(cloud):
        place, mac = good[:58], good[66:]

        for generation in ("00000000", "00000001", "00000002", "ffffffff"):
            for forged in ("A" * 43, mac[:-2] + ("AA" if not mac.endswith("AA") else "BA"), mac):
                if (generation, forged) != (good[58:66], mac):
                    assert_refused(call, f"{place}{generation}{forged}")
    assert refreshes(call, good).status == 200


def test_the_mac_of_one_session_is_not_that_of_another(call: Api, people: People, entered: dict[str, Any]) -> None:
    other = logged_in(call, people.verified("bob"))
    mine, hers = entered["refresh_token"], other["refresh_token"]

    assert_refused(call, hers[:66] + mine[66:])
    assert_refused(call, hers[:36] + mine[36:])
    assert refreshes(call, mine).status == refreshes(call, hers).status == 200


def test_no_other_token_buys_anything(call: Api, email: str, mailbox: Mailbox, entered: dict[str, Any]) -> None:
    """S-27."""
    session = sign_in(call, email)

    assert_refused(call, session.json["token"])
    assert_refused(call, session.headers["set-auth-token"])
    assert_refused(call, entered["access_token"])
    assert_refused(call, request_reset(call, mailbox, email))


def test_a_refresh_token_opens_no_door(call: Api, entered: dict[str, Any], mailbox: Mailbox) -> None:
    """S-27."""
    token = entered["refresh_token"]

    assert call("GET /api/tasks", bearer=token).code == "INVALID_TOKEN"
    assert call("GET /api/auth/token", bearer=token).status == 401
    assert call("GET /api/auth/get-session", bearer=token).text == "null"
    assert call("POST /api/auth/verify-email", json={"token": token}).code == "INVALID_TOKEN"
    assert reset_password(call, token, "a better password").code == "INVALID_TOKEN"
    assert mailbox
    call("POST /api/auth/sign-out", bearer=token)
    assert refreshes(call, token).status == 200


def test_a_user_without_a_profile_gets_nothing(call: Api, cloud: Cloud, entered: dict[str, Any]) -> None:
    key = {"pk": {"S": f"USER#{entered['user']['id']}"}, "sk": {"S": "PROFILE"}}
    cloud.client("dynamodb").delete_item(TableName="UsersTable", Key=key)

    assert_refused(call, entered["refresh_token"])


def test_refreshing_keeps_a_session_alive_but_not_for_ever(
    call: Api, entered: dict[str, Any], advance_clock: Callable[..., None]
) -> None:
    """S-26: seven days without a use, thirty days at the most."""
    token = entered["refresh_token"]
    for _ in range(4):
        advance_clock(days=6, hours=23)
        answer = refreshes(call, token)
        assert answer.status == 200
        token = answer.json["refresh_token"]

    advance_clock(days=2, hours=3, minutes=50)
    last = refreshes(call, token).json
    claims = jwt.decode(last["access_token"], options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == last["expires_in"] <= 600

    advance_clock(minutes=10)
    assert_refused(call, last["refresh_token"], "TOKEN_EXPIRED")


def test_a_session_that_nobody_uses_ends(
    call: Api, entered: dict[str, Any], advance_clock: Callable[..., None]
) -> None:
    advance_clock(days=7, seconds=1)

    assert_refused(call, entered["refresh_token"], "TOKEN_EXPIRED")


def test_a_session_that_is_not_remembered_is_not_prolonged(
    call: Api, email: str, advance_clock: Callable[..., None]
) -> None:
    token = logged_in(call, email, rememberMe=False)["refresh_token"]

    advance_clock(hours=23)
    token = refreshes(call, token).json["refresh_token"]
    advance_clock(hours=1, seconds=1)

    assert_refused(call, token, "TOKEN_EXPIRED")


def test_a_session_is_refreshed_so_often_and_no_more(
    call: Api, entered: dict[str, Any], settings: Callable[..., None], advance_clock: Callable[..., None]
) -> None:
    settings(rate_limits="on", rate_limit_refresh="3/300")
    token = entered["refresh_token"]
    for _ in range(3):
        token = refreshes(call, token).json["refresh_token"]

    refused = refreshes(call, token)

    assert (refused.status, refused.code) == (429, "TOO_MANY_REQUESTS")
    assert 290 <= int(refused.headers["retry-after"]) <= 300
    advance_clock(seconds=301)
    assert refreshes(call, token).status == 200


def test_one_hundred_and_fifty_in_five_minutes(
    call: Api, cloud: Cloud, entered: dict[str, Any], settings: Callable[..., None]
) -> None:
    settings(rate_limits="on")
    token = refreshes(call, entered["refresh_token"]).json["refresh_token"]
    (counted,) = rows(cloud, "LimitsTable")
    many = {":many": {"N": "148"}}  # came in between
    change = {"UpdateExpression": "ADD calls :many", "ExpressionAttributeValues": many}
    cloud.client("dynamodb").update_item(TableName="LimitsTable", Key={"key": {"S": counted["key"]}}, **change)

    last = refreshes(call, token)

    assert (last.status, refreshes(call, last.json["refresh_token"]).status) == (200, 429)
    assert int(counted["ends_at"]) == pytest.approx((layer("clock").now().timestamp() + 300) * 1000, abs=1000)


def test_strangers_cannot_use_up_what_a_session_has(
    call: Api, cloud: Cloud, entered: dict[str, Any], settings: Callable[..., None]
) -> None:
    """A forged token counts against nobody."""
    settings(rate_limits="on", rate_limit_refresh="1/300")

    for _ in range(3):
        assert_refused(call, entered["refresh_token"][:66] + "A" * 43)

    assert rows(cloud, "LimitsTable") == []
    assert refreshes(call, entered["refresh_token"]).status == 200
