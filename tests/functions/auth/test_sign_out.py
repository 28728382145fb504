"""POST /api/auth/sign-out and its aliases: the session is over, at once and everywhere."""

from collections.abc import Callable
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.functions.auth.test_refresh import logged_in, refreshes
from tests.support.auth_calls import CLEARED_COOKIES, TRUSTED_ORIGIN, is_signed_in
from tests.support.calls import Api
from tests.support.people import People, Person
from tests.support.tables import tables_unchanged

SIGN_OUT = "POST /api/auth/sign-out"
ROUTES = (SIGN_OUT, "POST /api/auth/signout", "POST /api/auth/logout")


@pytest.mark.parametrize("route", ROUTES)
def test_a_session_is_over_however_it_is_shown_and_its_cookies_are_taken_back(
    call: Api, people: People, ann: Person, route: str
) -> None:
    other = people.sign_in(ann.email)
    for person, shown in (
        (ann, {"bearer": ann.token}),
        (other, {"cookies": [other.cookie], "headers": TRUSTED_ORIGIN}),
    ):
        answer = call(route, **shown)
        assert (answer.status, answer.json, answer.cookies) == (200, {"success": True}, CLEARED_COOKIES)
        assert "clear-site-data" in answer.headers
        assert not is_signed_in(call, person)
        assert call("GET /api/auth/me", cookies=[person.cookie]).status == 401


def test_signing_out_without_a_session_is_fine(call: Api, ann: Person) -> None:
    """Or with one that is over."""
    call(SIGN_OUT, bearer=ann.token)

    for bearer in (None, "", "garbage", "x" * 101, "ü", ann.token):
        answer = call(SIGN_OUT, bearer=bearer)
        assert (answer.status, answer.json, answer.cookies) == (200, {"success": True}, CLEARED_COOKIES), bearer


def test_a_body_is_not_needed(call: Api, people: People, ann: Person) -> None:
    for body in (None, "{}", '{"callbackURL": "/bye"}'):
        person = people.sign_in(ann.email)
        answer = call(SIGN_OUT, bearer=person.token, body=body, headers={"content-type": "application/json"})
        assert (answer.status, is_signed_in(call, person)) == (200, False), body
    assert is_signed_in(call, ann)


def test_ghsa_wmjr_v86c_m9jj_a_forged_token_ends_nobody_elses_session(call: Api, ann: Person, cloud: Cloud) -> None:
    """The coordinates of a session are no secret; without the secret behind them nothing happens."""
    with tables_unchanged(cloud):
        forged = ann.token[:58] + "A" * 43

        by_bearer = call(SIGN_OUT, bearer=forged)
        by_cookie = call(SIGN_OUT, cookies=[ann.cookie.replace(ann.token, forged)], headers=TRUSTED_ORIGIN)

        assert (by_bearer.status, by_cookie.status) == (200, 200)


def test_an_access_token_whose_time_is_over_still_ends_its_session(
    call: Api, people: People, advance_clock: Callable[..., None]
) -> None:
    """S-37: nobody has to come in again to leave."""
    email = people.verified()
    entered = logged_in(call, email)
    advance_clock(minutes=16)

    answer = call(SIGN_OUT, bearer=entered["access_token"])

    assert (answer.status, answer.cookies) == (200, CLEARED_COOKIES)
    assert refreshes(call, entered["refresh_token"]).status == 401


def test_an_access_token_that_nobody_signed_ends_nothing(
    call: Api, people: People, advance_clock: Callable[..., None]
) -> None:
    entered = logged_in(call, people.verified())
    head, claims, signature = entered["access_token"].split(".")
    forged = f"{head}.{claims}.{signature[::-1]}"

    for _ in range(2):
        assert call(SIGN_OUT, bearer=forged).status == 200
        advance_clock(minutes=16)

    assert refreshes(call, entered["refresh_token"]).status == 200


@pytest.mark.parametrize("bearer", ["garbage", "another session", "the same", "a dead one"])
def test_a_cookie_that_comes_along_is_ended_as_well(call: Api, people: People, ann: Person, bearer: str) -> None:
    other, dead = people.sign_in(ann.email), people.sign_in(ann.email)
    call(SIGN_OUT, bearer=dead.token)
    shown = {"garbage": "x", "another session": other.token, "the same": ann.token, "a dead one": dead.token}[bearer]

    answer = call(SIGN_OUT, bearer=shown, cookies=[ann.cookie], headers=TRUSTED_ORIGIN)

    assert (answer.status, answer.cookies) == (200, CLEARED_COOKIES)
    assert call("GET /api/auth/me", bearer=ann.token).status == 401
    assert call("GET /api/auth/me", bearer=other.token).status == (401 if bearer == "another session" else 200)


def test_a_cookie_that_was_signed_with_a_key_given_up_still_ends_its_session(call: Api, ann: Person) -> None:
    """The token in it is proof enough for who leaves."""
    cookie = f"{ann.cookie.rpartition('.')[0]}.{'A' * 43}%3D"

    assert call(SIGN_OUT, cookies=[cookie], headers=TRUSTED_ORIGIN).status == 200

    assert call.aws_operations == ["DeleteItem"]
    assert call("GET /api/auth/me", bearer=ann.token).status == 401


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("name", ["refresh_token", "refreshToken"])
def test_a_refresh_token_ends_its_session(call: Api, people: People, route: str, name: str) -> None:
    """TK-7: neither it nor the access token is worth anything afterwards."""
    entered = logged_in(call, people.verified())

    answer = call(route, json={name: entered["refresh_token"]})

    assert (answer.status, answer.json, answer.cookies) == (200, {"success": True}, CLEARED_COOKIES)
    assert refreshes(call, entered["refresh_token"]).status == 401
    assert call("GET /api/tasks", bearer=entered["access_token"]).status == 401


def test_an_older_refresh_token_ends_its_session_as_well(
    call: Api, people: People, advance_clock: Callable[..., None]
) -> None:
    entered = logged_in(call, people.verified())
    newer = refreshes(call, entered["refresh_token"]).json["refresh_token"]
    advance_clock(minutes=1)

    assert call(SIGN_OUT, json={"refresh_token": entered["refresh_token"]}).status == 200

    assert refreshes(call, newer).status == 401


def test_all_that_is_shown_is_ended(call: Api, people: People, ann: Person) -> None:
    entered, other = logged_in(call, ann.email), people.sign_in(ann.email)
    sent = {"refreshToken": entered["refresh_token"]}

    call(SIGN_OUT, bearer=other.token, cookies=[ann.cookie], headers=TRUSTED_ORIGIN, json=sent)

    assert {call("GET /api/auth/me", bearer=token).status for token in (ann.token, other.token)} == {401}
    assert refreshes(call, entered["refresh_token"]).status == 401


NO_TOKENS: list[Any] = ["", "x", None, 1, [], {"a": 1}]


def test_what_is_no_refresh_token_is_no_reason_to_stay(call: Api, people: People, ann: Person) -> None:
    for value in [*NO_TOKENS, ["refresh_token"]]:
        for body in ({"refresh_token": value}, {"refreshToken": value}, value):
            person = people.sign_in(ann.email)
            answer = call(SIGN_OUT, bearer=person.token, json=body)
            assert (answer.status, answer.json, answer.cookies) == (200, {"success": True}, CLEARED_COOKIES), body
            assert not is_signed_in(call, person), body


def test_a_refresh_token_that_we_did_not_make_ends_nothing(call: Api, people: People, cloud: Cloud) -> None:
    entered = logged_in(call, people.verified())
    with tables_unchanged(cloud):
        token = entered["refresh_token"]

        for forged in (
            token[:-1],
            f"{token[:-43]}{'A' * 43}",
            token[:58] + "00000001" + token[66:],
            entered["access_token"],
        ):
            assert call(SIGN_OUT, json={"refresh_token": forged}).status == 200
