"""POST /api/auth/revoke-sessions: ends all sessions of the user, the current one, too."""

import pytest

from tests.support.auth_calls import CLEARED_COOKIES, TRUSTED_ORIGIN, is_signed_in
from tests.support.calls import Api
from tests.support.people import People, Person

REVOKE_ALL = "POST /api/auth/revoke-sessions"


@pytest.mark.parametrize("by", ["bearer", "cookie"])
def test_every_session_ends_and_the_cookies_are_cleared(
    call: Api, people: People, ann: Person, bob: Person, by: str
) -> None:
    """The user can sign in again; other users are unaffected."""
    laptop = people.sign_in(ann.email)
    credential = {"bearer": ann.token} if by == "bearer" else {"cookies": [ann.cookie], "headers": TRUSTED_ORIGIN}

    response = call(REVOKE_ALL, **credential)

    assert (response.status, response.json, response.cookies) == (200, {"status": True}, CLEARED_COOKIES)
    again = people.sign_in(ann.email)
    assert [is_signed_in(call, person) for person in (ann, laptop, again, bob)] == [False, False, True, True]


def test_any_number_of_sessions_ends_with_one_write(call: Api, people: People, ann: Person) -> None:
    for _ in range(5):
        people.sign_in(ann.email)

    call(REVOKE_ALL, bearer=ann.token)

    assert call.aws_operations == ["BatchGetItem", "TransactWriteItems"]
