"""Fresh sessions: sensitive routes need a recent password check, which can be repeated."""

from collections.abc import Callable
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.calls import Api, Response
from tests.support.mailbox import Mailbox
from tests.support.people import PASSWORD, People, Person
from tests.support.provider import Provider
from tests.support.tables import tables_unchanged

LIST, ALIAS = "GET /api/auth/list-sessions", "GET /api/auth/sessions"
VERIFY, DELETE_USER = "POST /api/auth/verify-password", "POST /api/auth/delete-user"


@pytest.fixture
def ann(people: People) -> Person:
    """A user who has just signed in."""
    return people.signed_in("ann")


def code(call: Api, token: str) -> str | None:
    """Return the code with which listing the sessions is refused, if it is."""
    return call(LIST, bearer=token).code


def test_a_session_is_fresh_for_a_day(call: Api, ann: Person, advance_clock: Callable[..., None]) -> None:
    advance_clock(days=1, seconds=-2)
    assert code(call, ann.token) is None

    advance_clock(seconds=2)
    response = call(LIST, bearer=ann.token)

    assert (response.status, response.code) == (403, "SESSION_NOT_FRESH")
    assert call("GET /api/auth/me", bearer=ann.token).status == 200


def test_the_fresh_age_is_a_setting(
    call: Api, ann: Person, settings: Callable[..., None], advance_clock: Callable[..., None]
) -> None:
    settings(session_fresh_age="60")
    advance_clock(seconds=57)
    assert code(call, ann.token) is None
    advance_clock(seconds=3)
    assert code(call, ann.token) == "SESSION_NOT_FRESH"

    settings(session_fresh_age="0")

    assert code(call, ann.token) is None


def test_a_password_check_makes_a_session_fresh_again(
    call: Api, ann: Person, advance_clock: Callable[..., None]
) -> None:
    advance_clock(days=2)
    assert call(VERIFY, bearer=ann.token, json={"password": PASSWORD}).status == 200

    advance_clock(days=1, seconds=-2)
    assert code(call, ann.token) is None
    advance_clock(seconds=2)
    assert code(call, ann.token) == "SESSION_NOT_FRESH"


@pytest.mark.parametrize(
    ("route", "body", "other_session"),
    [
        (VERIFY, {"password": "wrong"}, False),
        (VERIFY, {"password": PASSWORD}, True),
        ("GET /api/auth/get-session", None, False),
        ("POST /api/auth/revoke-other-sessions", None, False),
    ],
    ids=["a wrong password", "the password, in another session", "a renewal", "a new epoch"],
)
def test_nothing_else_makes_a_session_fresh(  # noqa: PLR0917 -- four fixtures and a case
    call: Api,
    people: People,
    ann: Person,
    advance_clock: Callable[..., None],
    route: str,
    body: dict[str, str] | None,
    other_session: bool,  # noqa: FBT001 -- a case
) -> None:
    advance_clock(days=1)
    shown = people.sign_in(ann.email) if other_session else ann

    response = call(route, bearer=shown.token, json=body)

    assert response.status == (400 if body == {"password": "wrong"} else 200)
    assert code(call, ann.token) == "SESSION_NOT_FRESH"
    assert code(call, shown.token) == (None if other_session else "SESSION_NOT_FRESH")


def test_a_refresh_does_not_make_a_session_fresh(
    call: Api, people: People, settings: Callable[..., None], advance_clock: Callable[..., None]
) -> None:
    settings(session_fresh_age="60")
    login = call("POST /api/auth/login", json={"email": people.verified(), "password": PASSWORD})
    session = login.headers["set-auth-token"]
    assert code(call, session) is None
    advance_clock(seconds=61)

    assert call("POST /api/auth/refresh", json={"refresh_token": login.json["refresh_token"]}).status == 200

    assert code(call, session) == "SESSION_NOT_FRESH"


def test_the_alias_needs_no_fresh_session(call: Api, ann: Person, advance_clock: Callable[..., None]) -> None:
    advance_clock(days=2)

    assert len(call(ALIAS, bearer=ann.token).json["sessions"]) == 1


def test_authentication_comes_before_freshness(call: Api, ann: Person, advance_clock: Callable[..., None]) -> None:
    advance_clock(days=7, seconds=1)

    assert (call(LIST).code, code(call, ann.token)) == ("UNAUTHORIZED", "UNAUTHORIZED")


# -- Changing who can sign in ---------------------------------------------------------

SIGN_IN_CHANGES: dict[str, dict[str, Any]] = {
    "POST /api/auth/change-email": {"newEmail": "new@example.com"},
    "POST /api/auth/link-social": {"provider": "google"},
    "POST /api/auth/unlink-account": {"accountId": "x" * 32},
    "GET /api/auth/passkey/generate-register-options": {},
    "POST /api/auth/passkey/verify-registration": {"response": {}},
    "POST /api/auth/passkey/delete-passkey": {"id": "x" * 43},
}


@pytest.mark.parametrize("route", SIGN_IN_CHANGES)
def test_changing_who_can_sign_in_needs_a_fresh_session(  # noqa: PLR0917 -- five fixtures and a case
    call: Api, google: Provider, cloud: Cloud, ann: Person, advance_clock: Callable[..., None], route: str
) -> None:
    """S-43: a stolen session must not be enough to take over the account."""
    assert google
    advance_clock(days=1)
    with tables_unchanged(cloud):
        refused = call(route, bearer=ann.token, json=SIGN_IN_CHANGES[route])
        assert (refused.status, refused.code) == (403, "SESSION_NOT_FRESH")

    call(VERIFY, bearer=ann.token, json={"password": PASSWORD})

    assert call(route, bearer=ann.token, json=SIGN_IN_CHANGES[route]).code != "SESSION_NOT_FRESH"


def test_linking_by_id_token_needs_a_fresh_session(
    call: Api, google: Provider, ann: Person, advance_clock: Callable[..., None]
) -> None:
    advance_clock(days=1)
    sent = {"provider": "google", "idToken": {"token": google.id_token()}}

    assert call("POST /api/auth/link-social", bearer=ann.token, json=sent).code == "SESSION_NOT_FRESH"
    assert [account["providerId"] for account in call("GET /api/auth/list-accounts", bearer=ann.token).json] == [
        "credential"
    ]


@pytest.mark.parametrize("by_mail", ["false", "true"])
def test_deleting_a_user_needs_a_fresh_session_or_the_password(  # noqa: PLR0917 -- five fixtures and a case
    call: Api,
    cloud: Cloud,
    ann: Person,
    settings: Callable[..., None],
    advance_clock: Callable[..., None],
    by_mail: str,
) -> None:
    """S-43, with the protocol's code; so does requesting the mail that deletes."""
    settings(delete_user_by_mail=by_mail)
    advance_clock(days=1)
    with tables_unchanged(cloud):
        refused = call(DELETE_USER, bearer=ann.token, json={})
        assert (refused.status, refused.code) == (400, "SESSION_EXPIRED")
    assert call("GET /api/auth/me", bearer=ann.token).status == 200

    call(VERIFY, bearer=ann.token, json={"password": PASSWORD})

    assert call(DELETE_USER, bearer=ann.token, json={}).status == 200


@pytest.mark.parametrize("way", ["body", "link"])
def test_deleting_a_user_by_mailed_token_needs_it_as_well(  # noqa: PLR0917 -- five fixtures and a case
    call: Api,
    mailbox: Mailbox,
    ann: Person,
    settings: Callable[..., None],
    advance_clock: Callable[..., None],
    way: str,
) -> None:
    settings(delete_user_by_mail="true")
    advance_clock(hours=23)
    call(DELETE_USER, bearer=ann.token, json={})
    token = mailbox.to(ann.email)[-1].token
    advance_clock(hours=2)

    def deletes() -> Response:
        if way == "body":
            return call(DELETE_USER, bearer=ann.token, json={"token": token})
        return call("GET /api/auth/delete-user/callback", bearer=ann.token, query={"token": token})

    refused = deletes()
    assert (refused.status, refused.code) == (400, "SESSION_EXPIRED")
    call(VERIFY, bearer=ann.token, json={"password": PASSWORD})
    assert deletes().status == 200


def test_a_password_in_the_request_replaces_a_fresh_session(
    call: Api, ann: Person, advance_clock: Callable[..., None]
) -> None:
    """The password is what makes a session fresh."""
    advance_clock(days=2)
    change = {"currentPassword": PASSWORD, "newPassword": "a better password"}

    assert call("POST /api/auth/change-password", bearer=ann.token, json=change).status == 200
    assert call(DELETE_USER, bearer=ann.token, json={"password": "a better password"}).status == 200
