"""POST /api/auth/revoke-session, DELETE /api/auth/sessions/{session_id}: ends one session of the user."""

from collections.abc import Callable

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.auth_calls import CLEARED_COOKIES, is_signed_in
from tests.support.calls import Api, Response
from tests.support.people import PASSWORD, People, Person
from tests.support.tables import tables_unchanged

REVOKE, DELETE = "POST /api/auth/revoke-session", "DELETE /api/auth/sessions/{session_id}"
UNKNOWN = ["", " ", "x", "A" * 22, "A" * 101, "EPOCH", "KEYRING", "é", "\0", "a" * 2000]


@pytest.fixture
def laptop(people: People, ann: Person) -> Person:
    """A second session of the user."""
    return people.sign_in(ann.email)


def id_of(person: Person) -> str:
    """Return the id of the session."""
    return person.token[36:58]


@pytest.mark.parametrize("shown", [id_of, lambda person: person.token], ids=["id", "token"])
def test_a_session_is_ended_by_its_id_or_by_its_token(
    call: Api, ann: Person, laptop: Person, shown: Callable[[Person], str]
) -> None:
    """The cookies of the current session are cleared."""
    for person, cookies in ((laptop, []), (ann, CLEARED_COOKIES)):
        response = call(REVOKE, bearer=ann.token, json={"token": shown(person)})
        assert (response.status, response.json, response.cookies) == (200, {"status": True}, cookies)
        assert (is_signed_in(call, laptop), is_signed_in(call, ann)) == (False, person == laptop)


@pytest.mark.parametrize("by", ["id", "token"])
def test_cve_2025_71402_another_users_session_stays_and_the_response_does_not_tell(
    call: Api, ann: Person, bob: Person, cloud: Cloud, by: str
) -> None:
    """S-42."""
    with tables_unchanged(cloud):
        response = call(REVOKE, bearer=ann.token, json={"token": id_of(bob) if by == "id" else bob.token})

        assert (response.status, response.json, response.cookies) == (200, {"status": True}, [])
    assert is_signed_in(call, bob)


def test_an_unknown_token_ends_nothing(call: Api, ann: Person, cloud: Cloud) -> None:
    """Neither the epoch's row nor the keyring is deleted."""
    with tables_unchanged(cloud):
        for token in UNKNOWN:
            response = call(REVOKE, bearer=ann.token, json={"token": token})
            assert (response.status, response.json, response.cookies) == (200, {"status": True}, []), token
        for session_id in ("EPOCH", "KEYRING", "A" * 101, "a" * 2000, "%00"):
            response = call(DELETE, bearer=ann.token, session_id=session_id)
            assert (response.status, response.code) == (404, "NOT_FOUND"), session_id
    assert is_signed_in(call, ann)


def test_a_session_is_ended_by_the_id_in_the_path(call: Api, ann: Person, laptop: Person) -> None:
    response = call(DELETE, bearer=ann.token, session_id=id_of(laptop))

    assert (response.status, response.json) == (200, {"success": True})
    assert (is_signed_in(call, laptop), is_signed_in(call, ann)) == (False, True)


def test_the_current_session_is_not_ended_by_the_id_in_the_path(call: Api, ann: Person) -> None:
    """C13: sign-out ends it."""
    response = call(DELETE, bearer=ann.token, session_id=id_of(ann))

    assert (response.status, response.code) == (400, "CANNOT_REVOKE_CURRENT_SESSION")
    assert is_signed_in(call, ann)


def test_another_users_session_gets_the_same_response_as_a_missing_one(
    call: Api, ann: Person, bob: Person, cloud: Cloud
) -> None:
    """C1, S-42: byte for byte."""
    with tables_unchanged(cloud):

        def delete(session_id: str) -> Response:
            return call(DELETE, bearer=ann.token, session_id=session_id, headers={"x-correlation-id": "c1"})

        foreign, missing = delete(id_of(bob)), delete("A" * 22)

        assert foreign.status == 404
        assert foreign == missing
    assert is_signed_in(call, bob)


@pytest.mark.parametrize("route", [REVOKE, DELETE])
def test_an_impossible_key_is_not_requested_from_dynamodb(call: Api, ann: Person, route: str) -> None:
    """DynamoDB refuses a sort key of more than 1024 bytes; moto does not."""
    long = "a" * 1025
    path = {"session_id": long} if route == DELETE else {"json": {"token": long}}

    call(route, bearer=ann.token, **path)

    assert call.aws_operations == ["BatchGetItem"]


def test_a_session_ends_once(call: Api, ann: Person, laptop: Person) -> None:
    statuses = [call(DELETE, bearer=ann.token, session_id=id_of(laptop)).status for _ in range(2)]

    assert statuses == [200, 404]


def test_an_ended_session_gets_the_same_response_as_a_missing_one(
    call: Api, ann: Person, laptop: Person, advance_clock: Callable[..., None]
) -> None:
    """Its row still exists: of an earlier epoch, or expired."""
    ended = [id_of(laptop)]
    call("POST /api/auth/revoke-other-sessions", bearer=ann.token)
    body = {"email": ann.email, "password": PASSWORD, "rememberMe": False}
    ended.append(call("POST /api/auth/sign-in/email", json=body).json["token"][36:58])
    advance_clock(days=1, seconds=2)
    missing = call(DELETE, bearer=ann.token, session_id="x" * 22)

    for session_id in ended:
        response = call(DELETE, bearer=ann.token, session_id=session_id)
        assert (response.status, response.json) == (404, missing.json)
        assert call.aws_operations == ["BatchGetItem", "DeleteItem"]
