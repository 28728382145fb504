"""POST /api/auth/sign-out and its aliases: the session is over, at once and everywhere."""

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.calls import Api
from tests.support.people import People
from tests.support.tables import everything

SIGN_OUT = "POST /api/auth/sign-out"
ROUTES = (SIGN_OUT, "POST /api/auth/signout", "POST /api/auth/logout")
OURS = {"origin": "https://app.example.com"}
CLEARED = [
    f"__Secure-better-auth.{name}=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax"
    for name in ("session_token", "session_data", "dont_remember")
]


@pytest.mark.parametrize("route", ROUTES)
def test_a_token_is_worth_nothing_after_signing_out(call: Api, people: People, route: str) -> None:
    ann = people.signed_in()

    answer = call(route, bearer=ann.token)

    assert (answer.status, answer.json) == (200, {"success": True})
    assert call("GET /api/auth/me", bearer=ann.token).status == 401
    assert call("GET /api/auth/me", cookies=[ann.cookie]).status == 401


@pytest.mark.parametrize("route", ROUTES)
def test_a_cookie_signs_out_as_well_and_is_taken_back(call: Api, people: People, route: str) -> None:
    ann = people.signed_in()

    answer = call(route, cookies=[ann.cookie], headers=OURS)

    assert answer.cookies == CLEARED
    assert "clear-site-data" in answer.headers
    assert call("GET /api/auth/me", bearer=ann.token).status == 401


@pytest.mark.parametrize("bearer", [None, "", "garbage", "x" * 101, "ü"])
def test_signing_out_without_a_session_is_fine(call: Api, bearer: str | None) -> None:
    answer = call(SIGN_OUT, bearer=bearer)

    assert (answer.status, answer.json, answer.cookies) == (200, {"success": True}, CLEARED)


@pytest.mark.parametrize("body", [None, "{}", '{"callbackURL": "/bye"}'])
def test_a_body_is_not_needed(call: Api, people: People, body: str | None) -> None:
    ann = people.signed_in()

    answer = call(SIGN_OUT, bearer=ann.token, body=body, headers={"content-type": "application/json"})

    assert answer.status == 200
    assert call("GET /api/auth/me", bearer=ann.token).status == 401


def test_other_sessions_of_the_same_person_go_on(call: Api, people: People) -> None:
    phone = people.signed_in()
    laptop = people.sign_in(phone.email)

    call(SIGN_OUT, bearer=phone.token)

    assert call("GET /api/auth/me", bearer=laptop.token).status == 200


def test_signing_out_twice_is_fine(call: Api, people: People) -> None:
    ann = people.signed_in()

    assert [call(SIGN_OUT, bearer=ann.token).status for _ in range(2)] == [200, 200]


def test_ghsa_wmjr_v86c_m9jj_a_forged_token_ends_nobody_elses_session(call: Api, people: People, cloud: Cloud) -> None:
    """The coordinates of a session are no secret; without the secret behind them nothing happens."""
    ann = people.signed_in()
    before = everything(cloud)
    forged = ann.token[:58] + "A" * 43

    by_bearer = call(SIGN_OUT, bearer=forged)
    by_cookie = call(SIGN_OUT, cookies=[ann.cookie.replace(ann.token, forged)], headers=OURS)

    assert (by_bearer.status, by_cookie.status) == (200, 200)
    assert everything(cloud) == before


def test_signing_out_is_one_round_trip(call: Api, people: People) -> None:
    ann = people.signed_in()

    call(SIGN_OUT, bearer=ann.token)

    assert call.calls == ["DeleteItem"]
