"""POST /api/auth/sign-out and its aliases: ends the session at once."""

from collections.abc import Callable
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.functions.auth.test_refresh import log_in, refresh
from tests.support.auth_calls import CLEARED_COOKIES, TRUSTED_ORIGIN, is_signed_in
from tests.support.calls import Api
from tests.support.people import People, Person
from tests.support.tables import tables_unchanged

SIGN_OUT = "POST /api/auth/sign-out"
ROUTES = (SIGN_OUT, "POST /api/auth/signout", "POST /api/auth/logout")


@pytest.mark.parametrize("route", ROUTES)
def test_a_session_ends_by_token_and_by_cookie_and_its_cookies_are_cleared(
    call: Api, people: People, ann: Person, route: str
) -> None:
    other = people.sign_in(ann.email)
    for person, shown in (
        (ann, {"bearer": ann.token}),
        (other, {"cookies": [other.cookie], "headers": TRUSTED_ORIGIN}),
    ):
        response = call(route, **shown)
        assert (response.status, response.json, response.cookies) == (200, {"success": True}, CLEARED_COOKIES)
        assert "clear-site-data" in response.headers
        assert not is_signed_in(call, person)
        assert call("GET /api/auth/me", cookies=[person.cookie]).status == 401


def test_signing_out_without_a_session_succeeds(call: Api, ann: Person) -> None:
    """Also with a session that has ended."""
    call(SIGN_OUT, bearer=ann.token)

    for bearer in (None, "", "garbage", "x" * 101, "ü", ann.token):
        response = call(SIGN_OUT, bearer=bearer)
        assert (response.status, response.json, response.cookies) == (200, {"success": True}, CLEARED_COOKIES), bearer


def test_the_body_is_optional(call: Api, people: People, ann: Person) -> None:
    for body in (None, "{}", '{"callbackURL": "/bye"}'):
        person = people.sign_in(ann.email)
        response = call(SIGN_OUT, bearer=person.token, body=body, headers={"content-type": "application/json"})
        assert (response.status, is_signed_in(call, person)) == (200, False), body
    assert is_signed_in(call, ann)


def test_ghsa_wmjr_v86c_m9jj_a_forged_token_ends_no_session(call: Api, ann: Person, cloud: Cloud) -> None:
    """The ids in a token are not secret; without the secret after them nothing happens."""
    with tables_unchanged(cloud):
        forged = ann.token[:58] + "A" * 43

        by_bearer = call(SIGN_OUT, bearer=forged)
        by_cookie = call(SIGN_OUT, cookies=[ann.cookie.replace(ann.token, forged)], headers=TRUSTED_ORIGIN)

        assert (by_bearer.status, by_cookie.status) == (200, 200)


def test_an_expired_access_token_still_ends_its_session(
    call: Api, people: People, advance_clock: Callable[..., None]
) -> None:
    """S-37: nobody has to sign in again to sign out."""
    email = people.verified()
    login = log_in(call, email)
    advance_clock(minutes=16)

    response = call(SIGN_OUT, bearer=login["access_token"])

    assert (response.status, response.cookies) == (200, CLEARED_COOKIES)
    assert refresh(call, login["refresh_token"]).status == 401


def test_a_forged_access_token_ends_nothing(call: Api, people: People, advance_clock: Callable[..., None]) -> None:
    login = log_in(call, people.verified())
    head, claims, signature = login["access_token"].split(".")
    forged = f"{head}.{claims}.{signature[::-1]}"

    for _ in range(2):
        assert call(SIGN_OUT, bearer=forged).status == 200
        advance_clock(minutes=16)

    assert refresh(call, login["refresh_token"]).status == 200


@pytest.mark.parametrize("bearer", ["malformed", "another session", "the same", "ended"])
def test_the_session_of_the_cookie_ends_as_well(call: Api, people: People, ann: Person, bearer: str) -> None:
    other, ended = people.sign_in(ann.email), people.sign_in(ann.email)
    call(SIGN_OUT, bearer=ended.token)
    shown = {"malformed": "x", "another session": other.token, "the same": ann.token, "ended": ended.token}[bearer]

    response = call(SIGN_OUT, bearer=shown, cookies=[ann.cookie], headers=TRUSTED_ORIGIN)

    assert (response.status, response.cookies) == (200, CLEARED_COOKIES)
    assert call("GET /api/auth/me", bearer=ann.token).status == 401
    assert call("GET /api/auth/me", bearer=other.token).status == (401 if bearer == "another session" else 200)


def test_a_cookie_signed_with_a_retired_key_still_ends_its_session(call: Api, ann: Person) -> None:
    """For sign-out, the token in it is sufficient proof."""
    cookie = f"{ann.cookie.rpartition('.')[0]}.{'A' * 43}%3D"

    assert call(SIGN_OUT, cookies=[cookie], headers=TRUSTED_ORIGIN).status == 200

    assert call.aws_operations == ["DeleteItem"]
    assert call("GET /api/auth/me", bearer=ann.token).status == 401


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("name", ["refresh_token", "refreshToken"])
def test_a_refresh_token_ends_its_session(call: Api, people: People, route: str, name: str) -> None:
    """TK-7: neither it nor the access token is valid afterwards."""
    login = log_in(call, people.verified())

    response = call(route, json={name: login["refresh_token"]})

    assert (response.status, response.json, response.cookies) == (200, {"success": True}, CLEARED_COOKIES)
    assert refresh(call, login["refresh_token"]).status == 401
    assert call("GET /api/tasks", bearer=login["access_token"]).status == 401


def test_an_older_refresh_token_ends_its_session(call: Api, people: People, advance_clock: Callable[..., None]) -> None:
    login = log_in(call, people.verified())
    newer = refresh(call, login["refresh_token"]).json["refresh_token"]
    advance_clock(minutes=1)

    assert call(SIGN_OUT, json={"refresh_token": login["refresh_token"]}).status == 200

    assert refresh(call, newer).status == 401


def test_every_session_of_the_request_ends(call: Api, people: People, ann: Person) -> None:
    login, other = log_in(call, ann.email), people.sign_in(ann.email)
    sent = {"refreshToken": login["refresh_token"]}

    call(SIGN_OUT, bearer=other.token, cookies=[ann.cookie], headers=TRUSTED_ORIGIN, json=sent)

    assert {call("GET /api/auth/me", bearer=token).status for token in (ann.token, other.token)} == {401}
    assert refresh(call, login["refresh_token"]).status == 401


NO_TOKENS: list[Any] = ["", "x", None, 1, [], {"a": 1}]


def test_an_invalid_refresh_token_does_not_prevent_sign_out(call: Api, people: People, ann: Person) -> None:
    for value in [*NO_TOKENS, ["refresh_token"]]:
        for body in ({"refresh_token": value}, {"refreshToken": value}, value):
            person = people.sign_in(ann.email)
            response = call(SIGN_OUT, bearer=person.token, json=body)
            assert (response.status, response.json, response.cookies) == (200, {"success": True}, CLEARED_COOKIES), body
            assert not is_signed_in(call, person), body


def test_a_forged_refresh_token_ends_nothing(call: Api, people: People, cloud: Cloud) -> None:
    login = log_in(call, people.verified())
    with tables_unchanged(cloud):
        token = login["refresh_token"]

        for forged in (
            token[:-1],
            f"{token[:-43]}{'A' * 43}",
            token[:58] + "00000001" + token[66:],
            login["access_token"],
        ):
            assert call(SIGN_OUT, json={"refresh_token": forged}).status == 200
