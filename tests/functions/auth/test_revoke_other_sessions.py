"""POST /api/auth/revoke-other-sessions: signed out everywhere but here."""

import pytest

from tests.support.auth_calls import TRUSTED_ORIGIN, is_signed_in
from tests.support.calls import Api
from tests.support.concurrency import run_concurrently
from tests.support.interleaving import interleave
from tests.support.people import People, Person

REVOKE_OTHERS = "POST /api/auth/revoke-other-sessions"


@pytest.mark.parametrize("by", ["bearer", "cookie"])
def test_every_other_session_ends_and_this_one_goes_on(
    call: Api, people: People, ann: Person, bob: Person, by: str
) -> None:
    """However often; nobody else is signed out."""
    others = [people.sign_in(ann.email) for _ in range(3)]
    credential = {"bearer": ann.token} if by == "bearer" else {"cookies": [ann.cookie], "headers": TRUSTED_ORIGIN}

    for _ in range(3):
        answer = call(REVOKE_OTHERS, **credential)
        assert (answer.status, answer.json, answer.cookies) == (200, {"status": True}, [])
    assert is_signed_in(call, ann)
    assert call("GET /api/auth/me", cookies=[ann.cookie]).status == 200
    assert not any(is_signed_in(call, other) for other in others)
    assert is_signed_in(call, bob)


def test_of_several_that_end_each_other_at_once_one_is_left(call: Api, people: People, ann: Person) -> None:
    everybody = [ann, *(people.sign_in(ann.email) for _ in range(9))]

    answers = run_concurrently(lambda person: call(REVOKE_OTHERS, bearer=person.token), everybody)

    alive = [call("GET /api/auth/me", bearer=person.token).status == 200 for person in everybody]
    assert sorted(answer.status for answer in answers) == [200, *[401] * 9]
    assert alive == [answer.status == 200 for answer in answers]


def test_of_several_from_one_session_each_is_done(call: Api, people: People, ann: Person) -> None:
    """Whoever was first ended the others; a session that lives is told nothing else."""
    other = people.sign_in(ann.email)

    answers = run_concurrently(lambda _: call(REVOKE_OTHERS, bearer=ann.token), range(10))

    assert {answer.status for answer in answers} == {200}
    assert call("GET /api/auth/me", bearer=ann.token).status == 200
    assert call("GET /api/auth/me", bearer=other.token).status == 401


def test_a_session_that_was_ended_meanwhile_is_told_so(
    call: Api, people: People, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = people.sign_in(ann.email)
    interleave(monkeypatch, "accounts.changes", "transact", lambda: call(REVOKE_OTHERS, bearer=other.token))

    answer = call(REVOKE_OTHERS, bearer=ann.token)

    assert answer.status == 401
    assert call("GET /api/auth/me", bearer=other.token).status == 200
