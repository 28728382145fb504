"""POST /api/auth/passkey/verify-authentication by who is signed in: the own session is fresh again."""

from collections.abc import Callable

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.auth_calls import is_signed_in
from tests.support.calls import Api
from tests.support.interleaving import interleave
from tests.support.passkeys import Passkeys, as_browser
from tests.support.people import Person
from tests.support.tables import rows

LIST = "GET /api/auth/list-sessions"  # needs a fresh session


def sessions(cloud: Cloud) -> int:
    """Return the number of stored sessions."""
    return sum("secret_hash" in row for row in rows(cloud, "SessionsTable"))


def test_a_passkey_makes_the_own_session_fresh(
    call: Api, ann: Person, passkeys: Passkeys, advance_clock: Callable[..., None], cloud: Cloud
) -> None:
    made = passkeys.added(ann)
    advance_clock(days=2)
    assert call(LIST, bearer=ann.token).code == "SESSION_NOT_FRESH"
    before = sessions(cloud)

    response = passkeys.sign_in(made, bearer=ann.token)

    assert (response.status, response.json["session"]["token"], sessions(cloud)) == (200, ann.token, before)
    assert response.cookies == []
    assert call(LIST, bearer=ann.token).status == 200


def test_a_browser_gets_its_own_cookie_again(
    call: Api, ann: Person, passkeys: Passkeys, advance_clock: Callable[..., None]
) -> None:
    made = passkeys.added(ann)
    advance_clock(days=2)

    response = passkeys.sign_in(made, **as_browser(ann.cookie))

    assert response.json["session"]["token"] == ann.token
    assert [cookie.partition(";")[0] for cookie in response.cookies] == [ann.cookie]
    assert call(LIST, bearer=ann.token).status == 200


def test_the_passkey_of_another_user_opens_a_session_of_theirs(
    call: Api, ann: Person, bob: Person, passkeys: Passkeys, advance_clock: Callable[..., None]
) -> None:
    made = passkeys.added(bob)
    advance_clock(days=2)

    response = passkeys.sign_in(made, bearer=ann.token)

    assert response.json["user"]["id"] == bob.id
    assert response.json["session"]["token"] not in {ann.token, bob.token}
    assert call(LIST, bearer=ann.token).code == "SESSION_NOT_FRESH"


def test_an_access_token_is_no_session_to_make_fresh(call: Api, ann: Person, passkeys: Passkeys) -> None:
    made = passkeys.added(ann)
    token = call("GET /api/auth/token", bearer=ann.token).json["token"]

    assert passkeys.sign_in(made, bearer=token).json["session"]["token"] != ann.token


def test_a_session_that_ends_meanwhile_is_not_made_fresh(
    call: Api, ann: Person, passkeys: Passkeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = passkeys.added(ann)
    sign_out = lambda: call("POST /api/auth/sign-out", bearer=ann.token, json={})  # noqa: E731 -- short
    interleave(monkeypatch, "passkeys.authentication", "transact", sign_out)

    response = passkeys.sign_in(made, bearer=ann.token)

    assert (response.status, response.code) == (400, "AUTHENTICATION_FAILED")
    assert not is_signed_in(call, ann)
