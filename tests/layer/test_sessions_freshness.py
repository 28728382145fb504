"""What is delicate takes a password that was given lately; giving it again is enough."""

from collections.abc import Callable

import pytest

from tests.support.calls import Api
from tests.support.people import PASSWORD, People, Person

LIST, ALIAS = "GET /api/auth/list-sessions", "GET /api/auth/sessions"
VERIFY, DELETE_USER = "POST /api/auth/verify-password", "POST /api/auth/delete-user"


@pytest.fixture
def ann(people: People) -> Person:
    """Somebody who just signed in."""
    return people.signed_in("ann")


def code(call: Api, token: str) -> str | None:
    """How listing the sessions is refused, if it is."""
    return call(LIST, bearer=token).code


def test_a_session_is_fresh_for_a_day(call: Api, ann: Person, advance_clock: Callable[..., None]) -> None:
    advance_clock(days=1, seconds=-2)
    assert code(call, ann.token) is None

    advance_clock(seconds=2)
    answer = call(LIST, bearer=ann.token)

    assert (answer.status, answer.code) == (403, "SESSION_NOT_FRESH")
    assert call("GET /api/auth/me", bearer=ann.token).status == 200


def test_how_long_is_a_setting(
    call: Api, ann: Person, settings: Callable[..., None], advance_clock: Callable[..., None]
) -> None:
    settings(session_fresh_age="60")
    advance_clock(seconds=57)
    assert code(call, ann.token) is None
    advance_clock(seconds=3)
    assert code(call, ann.token) == "SESSION_NOT_FRESH"

    settings(session_fresh_age="0")

    assert code(call, ann.token) is None


def test_the_password_makes_a_session_fresh_again_for_as_long(
    call: Api, ann: Person, advance_clock: Callable[..., None]
) -> None:
    advance_clock(days=2)
    assert call(VERIFY, bearer=ann.token, json={"password": PASSWORD}).status == 200

    advance_clock(days=1, seconds=-2)
    assert code(call, ann.token) is None
    advance_clock(seconds=2)
    assert code(call, ann.token) == "SESSION_NOT_FRESH"


@pytest.mark.parametrize(
    ("route", "body", "by_another"),
    [
        (VERIFY, {"password": "wrong"}, False),
        (VERIFY, {"password": PASSWORD}, True),
        ("GET /api/auth/get-session", None, False),
        ("POST /api/auth/revoke-other-sessions", None, False),
    ],
    ids=["a wrong password", "the password, for another session", "being renewed", "surviving a new epoch"],
)
def test_nothing_else_does(  # noqa: PLR0917 -- four fixtures and a case
    call: Api,
    people: People,
    ann: Person,
    advance_clock: Callable[..., None],
    route: str,
    body: dict[str, str] | None,
    by_another: bool,  # noqa: FBT001 -- a case
) -> None:
    advance_clock(days=1)
    shown = people.sign_in(ann.email) if by_another else ann

    answer = call(route, bearer=shown.token, json=body)

    assert answer.status == (400 if body == {"password": "wrong"} else 200)
    assert code(call, ann.token) == "SESSION_NOT_FRESH"
    assert code(call, shown.token) == (None if by_another else "SESSION_NOT_FRESH")


def test_a_refresh_makes_no_session_fresh(
    call: Api, people: People, settings: Callable[..., None], advance_clock: Callable[..., None]
) -> None:
    settings(session_fresh_age="60")
    login = call("POST /api/auth/login", json={"email": people.verified(), "password": PASSWORD}).json
    assert code(call, login["access_token"]) is None
    advance_clock(seconds=61)

    refreshed = call("POST /api/auth/refresh", json={"refresh_token": login["refresh_token"]}).json

    assert code(call, refreshed["access_token"]) == "SESSION_NOT_FRESH"


def test_the_alias_of_the_list_asks_for_no_fresh_session(
    call: Api, ann: Person, advance_clock: Callable[..., None]
) -> None:
    advance_clock(days=2)

    assert len(call(ALIAS, bearer=ann.token).json["sessions"]) == 1


def test_who_calls_is_settled_before_how_fresh(call: Api, ann: Person, advance_clock: Callable[..., None]) -> None:
    advance_clock(days=7, seconds=1)

    assert (call(LIST).code, code(call, ann.token)) == ("UNAUTHORIZED", "UNAUTHORIZED")


def test_deleting_an_account_takes_a_fresh_session_or_the_password(
    call: Api, ann: Person, advance_clock: Callable[..., None]
) -> None:
    """S-43, by the code of the protocol."""
    advance_clock(days=1)
    refused = call(DELETE_USER, bearer=ann.token, json={})
    assert (refused.status, refused.code) == (400, "SESSION_EXPIRED")
    assert call("GET /api/auth/me", bearer=ann.token).status == 200

    call(VERIFY, bearer=ann.token, json={"password": PASSWORD})

    assert call(DELETE_USER, bearer=ann.token, json={}).status == 200
