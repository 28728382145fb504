"""POST /api/auth/revoke-sessions: signed out everywhere, here too."""

import pytest

from tests.support.calls import Api
from tests.support.people import People, Person
from tests.support.visits import CLEARED, OURS, signs_in

REVOKE_ALL = "POST /api/auth/revoke-sessions"


@pytest.mark.parametrize("by", ["bearer", "cookie"])
def test_every_session_ends_and_the_cookies_are_taken_back(call: Api, people: People, by: str) -> None:
    phone = people.signed_in()
    laptop = people.sign_in(phone.email)
    credential = {"bearer": phone.token} if by == "bearer" else {"cookies": [phone.cookie], "headers": OURS}

    answer = call(REVOKE_ALL, **credential)

    assert (answer.status, answer.json, answer.cookies) == (200, {"status": True}, CLEARED)
    assert [call("GET /api/auth/me", bearer=person.token).status for person in (phone, laptop)] == [401, 401]


def test_whoever_was_signed_out_can_sign_in_again(call: Api, ann: Person) -> None:
    call(REVOKE_ALL, bearer=ann.token)

    token = signs_in(call, ann.email).json["token"]

    assert call("GET /api/auth/me", bearer=token).status == 200
    assert call("GET /api/auth/me", bearer=ann.token).status == 401


def test_nobody_else_is_signed_out(call: Api, ann: Person, bob: Person) -> None:
    call(REVOKE_ALL, bearer=ann.token)

    assert call("GET /api/auth/me", bearer=bob.token).status == 200


def test_any_number_of_sessions_ends_in_one_write(call: Api, people: People, ann: Person) -> None:
    for _ in range(20):
        people.sign_in(ann.email)

    call(REVOKE_ALL, bearer=ann.token)

    assert call.calls == ["BatchGetItem", "TransactWriteItems"]
