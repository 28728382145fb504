"""GET /api/auth/list-sessions and its alias: the user's sessions, without any credential."""

from collections.abc import Callable
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.calls import Api
from tests.support.people import PASSWORD, People, Person
from tests.support.tables import rows

LIST, ALIAS = "GET /api/auth/list-sessions", "GET /api/auth/sessions"
SIGN_IN = "POST /api/auth/sign-in/email"


def listed(call: Api, token: str) -> list[str]:
    """Return the ids of the listed sessions; both routes must list the same."""
    ids = [session["id"] for session in call(LIST, bearer=token).json]
    assert ids == [session["id"] for session in call(ALIAS, bearer=token).json["sessions"]]
    return ids


def id_of(token: str) -> str:
    """The id of a token's session."""
    return token[36:58]


def test_the_users_own_sessions_are_listed_oldest_first(
    call: Api, people: People, advance_clock: Callable[..., None]
) -> None:
    phone = people.signed_in("ann")
    people.signed_in("bob")
    advance_clock(minutes=1)
    laptop = people.sign_in(phone.email)

    assert listed(call, phone.token) == [id_of(phone.token), id_of(laptop.token)]


def test_a_listed_session_has_the_shape_of_the_protocol(call: Api, ann: Person) -> None:
    response = call(LIST, cookies=[ann.cookie])

    (session,) = response.json
    own = call("GET /api/auth/get-session", bearer=ann.token).json["session"]
    assert (response.status, response.cookies) == (200, [])
    assert session == own | {"token": own["id"]}


@pytest.mark.parametrize("route", [LIST, ALIAS])
def test_the_token_of_a_listed_session_is_no_credential(
    call: Api, people: People, ann: Person, cloud: Cloud, route: str
) -> None:
    """S-45: it is the id; the response contains neither a secret nor its hash."""
    people.sign_in(ann.email)

    response = call(route, bearer=ann.token)

    assert ann.token[58:] not in response.text
    assert not any(str(row.get("secret_hash")) in response.text for row in rows(cloud, "SessionsTable"))
    for session in call(LIST, bearer=ann.token).json:
        assert session["token"] == session["id"]
        assert call("GET /api/auth/me", bearer=session["token"]).status == 401


def test_the_alias_marks_the_current_session(call: Api, people: People, ann: Person) -> None:
    others = [people.sign_in(ann.email) for _ in range(3)]

    for person in (ann, *others):
        sessions = call(ALIAS, bearer=person.token).json["sessions"]
        assert len(sessions) == 4
        assert [session["id"] for session in sessions if session["isCurrent"]] == [id_of(person.token)]


def test_the_alias_has_its_own_response_format(call: Api, ann: Person) -> None:
    (session,) = call(ALIAS, bearer=ann.token).json["sessions"]

    assert set(session) == {*("id", "tokenExcerpt", "expiresAt", "ipAddress", "userAgent", "createdAt", "isCurrent")}
    assert (session["ipAddress"], session["userAgent"]) == ("203.0.113.7", "pytest")
    assert session["tokenExcerpt"] == f"{session['id'][:6]}…"


def test_an_expired_session_is_not_listed_although_its_row_exists(
    call: Api, people: People, settings: Callable[..., None], advance_clock: Callable[..., None], cloud: Cloud
) -> None:
    settings(session_fresh_age="0")
    ann = people.signed_in()
    call(SIGN_IN, json={"email": ann.email, "password": PASSWORD, "rememberMe": False})
    assert len(listed(call, ann.token)) == 2

    advance_clock(days=1, seconds=1)

    assert listed(call, ann.token) == [id_of(ann.token)]
    assert len(rows(cloud, "SessionsTable")) == 3


def test_a_session_of_an_earlier_epoch_is_not_listed_although_its_row_exists(
    call: Api, people: People, ann: Person, cloud: Cloud
) -> None:
    for _ in range(3):
        people.sign_in(ann.email)

    call("POST /api/auth/revoke-other-sessions", bearer=ann.token)

    assert listed(call, ann.token) == [id_of(ann.token)]
    assert len(rows(cloud, "SessionsTable")) == 5


def test_two_hundred_sessions_are_all_listed(call: Api, ann: Person, cloud: Cloud) -> None:
    client = cloud.client("dynamodb")
    (row,) = (
        row for row in client.scan(TableName="SessionsTable")["Items"] if row["session_id"]["S"] == id_of(ann.token)
    )
    copies = [row | {"session_id": {"S": f"{number:022}"}} for number in range(199)]
    for start in range(0, len(copies), 25):
        puts = [{"PutRequest": {"Item": copy}} for copy in copies[start : start + 25]]
        client.batch_write_item(RequestItems={"SessionsTable": puts})

    ids = listed(call, ann.token)

    assert len(ids) == 200
    assert set(ids) == {id_of(ann.token), *(copy["session_id"]["S"] for copy in copies)}


def test_a_list_of_several_dynamodb_pages_is_complete(
    call: Api, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gatehouse.sessions.table import SessionRow  # noqa: PLC0415 -- the layer reads the environment when imported

    ann = people.signed_in()
    for _ in range(6):
        people.sign_in(ann.email)
    real = SessionRow.query

    def by_two(*given: Any, **named: Any) -> Any:
        return real(*given, **named | {"page_size": 2})

    monkeypatch.setattr(SessionRow, "query", by_two)

    response = call(LIST, bearer=ann.token)

    assert len(response.json) == 7
    assert call.aws_operations.count("Query") > 1
