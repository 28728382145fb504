"""POST /api/auth/revoke-other-sessions: ends all sessions of the user but the current one."""

import pytest

from tests.support.auth_calls import TRUSTED_ORIGIN, is_signed_in
from tests.support.calls import Api
from tests.support.concurrency import run_concurrently
from tests.support.interleaving import interleave
from tests.support.people import People, Person

REVOKE_OTHERS = "POST /api/auth/revoke-other-sessions"


@pytest.mark.parametrize("by", ["bearer", "cookie"])
def test_all_other_sessions_end_and_the_current_one_stays(
    call: Api, people: People, ann: Person, bob: Person, by: str
) -> None:
    """Also when repeated; other users are unaffected."""
    others = [people.sign_in(ann.email) for _ in range(3)]
    credential = {"bearer": ann.token} if by == "bearer" else {"cookies": [ann.cookie], "headers": TRUSTED_ORIGIN}

    for _ in range(3):
        response = call(REVOKE_OTHERS, **credential)
        assert (response.status, response.json, response.cookies) == (200, {"status": True}, [])
    assert is_signed_in(call, ann)
    assert call("GET /api/auth/me", cookies=[ann.cookie]).status == 200
    assert not any(is_signed_in(call, other) for other in others)
    assert is_signed_in(call, bob)


def test_of_sessions_that_revoke_each_other_concurrently_one_stays(call: Api, people: People, ann: Person) -> None:
    sessions = [ann, *(people.sign_in(ann.email) for _ in range(9))]

    responses = run_concurrently(lambda person: call(REVOKE_OTHERS, bearer=person.token), sessions)

    valid = [call("GET /api/auth/me", bearer=person.token).status == 200 for person in sessions]
    assert sorted(response.status for response in responses) == [200, *[401] * 9]
    assert valid == [response.status == 200 for response in responses]


def test_concurrent_revocations_by_one_session_all_succeed(call: Api, people: People, ann: Person) -> None:
    """The first one ends the other sessions."""
    other = people.sign_in(ann.email)

    responses = run_concurrently(lambda _: call(REVOKE_OTHERS, bearer=ann.token), range(10))

    assert {response.status for response in responses} == {200}
    assert call("GET /api/auth/me", bearer=ann.token).status == 200
    assert call("GET /api/auth/me", bearer=other.token).status == 401


def test_a_session_ended_during_the_request_is_refused(
    call: Api, people: People, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = people.sign_in(ann.email)
    interleave(monkeypatch, "accounts.changes", "transact", lambda: call(REVOKE_OTHERS, bearer=other.token))

    response = call(REVOKE_OTHERS, bearer=ann.token)

    assert response.status == 401
    assert call("GET /api/auth/me", bearer=other.token).status == 200
