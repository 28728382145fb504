"""POST /api/auth/refresh: exchanges a refresh token for a new access token and the next refresh token."""

from collections.abc import Callable
from typing import Any

import jwt
import pytest
from botocore.exceptions import ReadTimeoutError

from gatehouse_dev.cloud import Cloud
from tests.functions.auth.test_erase_user import audit_entries
from tests.support.auth_calls import request_reset, reset_password, sign_in
from tests.support.calls import Api, Response
from tests.support.layer import layer
from tests.support.mailbox import Mailbox
from tests.support.people import PASSWORD, People
from tests.support.tables import rows, tables_unchanged

REFRESH = "POST /api/auth/refresh"


def log_in(call: Api, email: str, **more: Any) -> dict[str, Any]:
    """Log in by the alias that returns OAuth tokens."""
    response = call("POST /api/auth/login", json={"email": email, "password": PASSWORD} | more)
    assert response.status == 200, response.text
    body: dict[str, Any] = response.json
    return body


def refresh(call: Api, token: str) -> Response:
    """Use a refresh token."""
    return call(REFRESH, json={"refresh_token": token})


def assert_refused(call: Api, token: str, code: str = "INVALID_TOKEN") -> None:
    """Assert a 401 without tokens."""
    response = refresh(call, token)
    assert (response.status, response.code, response.cookies) == (401, code, [])
    assert set(response.json) == {"code", "message", "requestId"}


@pytest.fixture
def email(people: People) -> str:
    """The address of a verified user."""
    return people.verified()


@pytest.fixture
def login(call: Api, email: str) -> dict[str, Any]:
    """The response to that user's login."""
    return log_in(call, email)


def test_a_refresh_token_gives_both_tokens(call: Api, login: dict[str, Any]) -> None:
    response = refresh(call, login["refresh_token"])

    assert (response.status, response.cookies) == (200, [])
    assert set(response.json) == {"access_token", "refresh_token", "token_type", "expires_in", "user"}
    assert (response.json["token_type"], response.json["expires_in"]) == ("bearer", 900)
    assert response.json["user"] == login["user"]
    assert response.json["refresh_token"] != login["refresh_token"]
    assert call("GET /api/tasks", bearer=response.json["access_token"]).status == 200
    assert call("GET /api/tasks", bearer=login["access_token"]).status == 200


def test_each_refresh_token_gives_the_next(call: Api, login: dict[str, Any]) -> None:
    tokens = [login["refresh_token"]]

    for _ in range(5):
        tokens.append(refresh(call, tokens[-1]).json["refresh_token"])

    assert len(set(tokens)) == 6
    assert {len(token) for token in tokens} == {109}


def test_the_session_stays_the_same(call: Api, cloud: Cloud, login: dict[str, Any]) -> None:
    after = refresh(call, login["refresh_token"]).json

    first, second = (jwt.decode(body["access_token"], options={"verify_signature": False}) for body in (login, after))
    assert first["sid"] == second["sid"]
    assert sorted(len(row["session_id"]) for row in rows(cloud, "SessionsTable")) == [5, 22]


def test_the_user_in_the_response_is_current(call: Api, people: People, email: str, login: dict[str, Any]) -> None:
    call("POST /api/auth/update-user", json={"name": "Anna"}, bearer=people.sign_in(email).token)

    after = refresh(call, login["refresh_token"]).json

    claims = jwt.decode(after["access_token"], options={"verify_signature": False})
    assert (after["user"]["name"], claims["name"]) == ("Anna", "Anna")


def test_a_body_without_token_is_invalid_input(call: Api) -> None:
    bodies: list[Any] = [{}, {"refresh_token": None}, {"refresh_token": 1}, {"refreshToken": "x"}, [], "x"]
    for body in bodies:
        response = call(REFRESH, json=body)
        assert (response.status, response.code, call.aws_operations) == (400, "VALIDATION_ERROR", []), body


def test_a_malformed_token_is_refused_without_a_read(call: Api, login: dict[str, Any]) -> None:
    valid = login["refresh_token"]
    texts = ["", "x", "x" * 109, "a.b.c", f"{valid}\n", f" {valid}", valid[:-1], f"{valid}A", valid.upper(), "é" * 109]
    for text in [*texts, "\0", "x" * 100_000]:
        assert_refused(call, text)
        assert call.aws_operations == []


def test_a_forged_token_is_refused_and_does_not_end_the_session(call: Api, cloud: Cloud, login: dict[str, Any]) -> None:
    """Access tokens show the session's id; knowing it must not suffice to end the session by a wrong generation."""
    valid = login["refresh_token"]
    with tables_unchanged(cloud):
        key, mac = valid[:58], valid[66:]

        for generation in ("00000000", "00000001", "00000002", "ffffffff"):
            for forged in ("A" * 43, mac[:-2] + ("AA" if not mac.endswith("AA") else "BA"), mac):
                if (generation, forged) != (valid[58:66], mac):
                    assert_refused(call, f"{key}{generation}{forged}")
    assert refresh(call, valid).status == 200


def test_the_mac_is_bound_to_its_session(call: Api, people: People, login: dict[str, Any]) -> None:
    other = log_in(call, people.verified("bob"))
    mine, theirs = login["refresh_token"], other["refresh_token"]

    assert_refused(call, theirs[:66] + mine[66:])
    assert_refused(call, theirs[:36] + mine[36:])
    assert refresh(call, mine).status == refresh(call, theirs).status == 200


def test_other_kinds_of_token_are_refused(call: Api, email: str, mailbox: Mailbox, login: dict[str, Any]) -> None:
    """S-27."""
    session = sign_in(call, email)

    assert_refused(call, session.json["token"])
    assert_refused(call, session.headers["set-auth-token"])
    assert_refused(call, login["access_token"])
    assert_refused(call, request_reset(call, mailbox, email))


def test_a_refresh_token_is_refused_everywhere_else(call: Api, login: dict[str, Any], mailbox: Mailbox) -> None:
    """S-27."""
    token = login["refresh_token"]

    assert call("GET /api/tasks", bearer=token).code == "INVALID_TOKEN"
    assert call("GET /api/auth/token", bearer=token).status == 401
    assert call("GET /api/auth/get-session", bearer=token).text == "null"
    assert call("POST /api/auth/verify-email", json={"token": token}).code == "INVALID_TOKEN"
    assert reset_password(call, token, "a better password").code == "INVALID_TOKEN"
    assert mailbox
    call("POST /api/auth/sign-out", bearer=token)
    assert refresh(call, token).status == 200


def test_a_user_without_profile_gets_no_tokens(call: Api, cloud: Cloud, login: dict[str, Any]) -> None:
    key = {"pk": {"S": f"USER#{login['user']['id']}"}, "sk": {"S": "PROFILE"}}
    cloud.client("dynamodb").delete_item(TableName="UsersTable", Key=key)

    assert_refused(call, login["refresh_token"])


def test_refreshing_extends_a_session_up_to_its_maximum_lifetime(
    call: Api, login: dict[str, Any], advance_clock: Callable[..., None]
) -> None:
    """S-26: seven days without use, thirty days at most."""
    token = login["refresh_token"]
    for _ in range(4):
        advance_clock(days=6, hours=23)
        response = refresh(call, token)
        assert response.status == 200
        token = response.json["refresh_token"]

    advance_clock(days=2, hours=3, minutes=50)
    last = refresh(call, token).json
    claims = jwt.decode(last["access_token"], options={"verify_signature": False})
    assert claims["exp"] - claims["iat"] == last["expires_in"] <= 600

    advance_clock(minutes=10)
    assert_refused(call, last["refresh_token"], "TOKEN_EXPIRED")


def test_an_unused_session_expires(call: Api, login: dict[str, Any], advance_clock: Callable[..., None]) -> None:
    advance_clock(days=7, seconds=1)

    assert_refused(call, login["refresh_token"], "TOKEN_EXPIRED")


def test_a_session_that_is_not_remembered_is_not_extended(
    call: Api, email: str, advance_clock: Callable[..., None]
) -> None:
    token = log_in(call, email, rememberMe=False)["refresh_token"]

    advance_clock(hours=23)
    token = refresh(call, token).json["refresh_token"]
    advance_clock(hours=1, seconds=1)

    assert_refused(call, token, "TOKEN_EXPIRED")


def test_refreshes_of_a_session_are_limited(
    call: Api, login: dict[str, Any], settings: Callable[..., None], advance_clock: Callable[..., None]
) -> None:
    settings(rate_limits="on", rate_limit_refresh="3/300")
    token = login["refresh_token"]
    for _ in range(3):
        token = refresh(call, token).json["refresh_token"]

    refused = refresh(call, token)

    assert (refused.status, refused.code) == (429, "TOO_MANY_REQUESTS")
    assert 290 <= int(refused.headers["retry-after"]) <= 300
    advance_clock(seconds=301)
    assert refresh(call, token).status == 200


def test_the_default_limit_is_150_in_five_minutes(
    call: Api, cloud: Cloud, login: dict[str, Any], settings: Callable[..., None]
) -> None:
    settings(rate_limits="on")
    token = refresh(call, login["refresh_token"]).json["refresh_token"]
    (counted,) = rows(cloud, "LimitsTable")
    many = {":many": {"N": "148"}}  # further calls
    change = {"UpdateExpression": "ADD calls :many", "ExpressionAttributeValues": many}
    cloud.client("dynamodb").update_item(TableName="LimitsTable", Key={"key": {"S": counted["key"]}}, **change)

    last = refresh(call, token)

    assert (last.status, refresh(call, last.json["refresh_token"]).status) == (200, 429)
    assert int(counted["ends_at"]) == pytest.approx((layer("clock").now().timestamp() + 300) * 1000, abs=1000)


def test_forged_tokens_do_not_count_against_a_session(
    call: Api, cloud: Cloud, login: dict[str, Any], settings: Callable[..., None]
) -> None:
    """A forged token increments no counter."""
    settings(rate_limits="on", rate_limit_refresh="1/300")

    for _ in range(3):
        assert_refused(call, login["refresh_token"][:66] + "A" * 43)

    assert rows(cloud, "LimitsTable") == []
    assert refresh(call, login["refresh_token"]).status == 200


# -- The audit trail --------------------------------------------------------------------


def reuse(call: Api, login: dict[str, Any]) -> Response:
    """Use a refresh token again after its successor."""
    assert refresh(call, refresh(call, login["refresh_token"]).json["refresh_token"]).status == 200
    return refresh(call, login["refresh_token"])


def test_reuse_is_one_line_in_the_audit_trail(call: Api, cloud: Cloud, login: dict[str, Any]) -> None:
    user_id = login["user"]["id"]
    successor = refresh(call, login["refresh_token"]).json["refresh_token"]
    refresh(call, login["refresh_token"])
    refresh(call, successor)
    assert audit_entries(cloud, user_id) == []

    for _ in range(3):
        assert_refused(call, login["refresh_token"])

    (line,) = audit_entries(cloud, user_id)
    assert (line["event"], line["actor"]) == ("refresh token reused", "refresh")
    assert line["session"] == jwt.decode(login["access_token"], options={"verify_signature": False})["sid"]
    assert user_id not in str(line)


def test_the_session_ends_where_the_audit_trail_cannot_be_written(
    call: Api,
    login: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The answer does not wait for it longer than three seconds."""

    class Unavailable:
        def put_log_events(self, **_: Any) -> None:
            raise ReadTimeoutError(endpoint_url="logs")

        create_log_stream = put_log_events

    given: list[Any] = []

    def client(config: Any = None) -> Unavailable:
        given.append(config)
        return Unavailable()

    audit = layer("audit")
    monkeypatch.setattr(audit, "_client", client)
    audit._stream.cache_clear()

    response = reuse(call, login)

    assert (response.status, response.code) == (401, "INVALID_TOKEN")
    assert call("GET /api/tasks", bearer=login["access_token"]).status == 401
    assert given == [audit.IMPATIENT]
    limits = audit.IMPATIENT
    calls = 2  # the stream, and the line
    assert calls * (limits.connect_timeout + limits.read_timeout) * limits.retries["total_max_attempts"] <= 3


def test_usual_refreshes_do_not_call_the_audit_trail(call: Api, login: dict[str, Any]) -> None:
    assert refresh(call, login["refresh_token"]).status == 200
    assert not {"PutLogEvents", "CreateLogStream"} & set(call.aws_operations)
