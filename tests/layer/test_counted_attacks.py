"""What the alarms on guesses and floods count, in whichever function it happens."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.layer.conftest import Log
from tests.support.calls import Api
from tests.support.filters import filter_matches
from tests.support.oauth_flow import OAuthFlow
from tests.support.people import PASSWORD, People

WRONG = "not the owner's"
SIGN_INS = [f"POST /api/auth/{path}" for path in ("sign-in/email", "signin", "login")]
SIGN_UPS = [f"POST /api/auth/{path}" for path in ("sign-up/email", "signup", "register")]

type Count = Callable[[str], int]


@pytest.fixture
def count(log: Log) -> Count:
    """Count the lines that a metric filter matches since the last call, among logs and metrics."""
    seen = 0

    def since_last(name: str) -> int:
        nonlocal seen
        lines = [line for line in log.text.splitlines() if line.startswith("{")]
        new, seen = lines[seen:], len(lines)
        return sum(filter_matches(name, line) for line in new)

    return since_last


def test_every_wrong_password_is_counted_once(call: Api, people: People, count: Count) -> None:
    ann = people.signed_in()
    signs_in = {"email": ann.email, "password": WRONG}
    changes = {"currentPassword": WRONG, "newPassword": "another better password"}
    guesses: list[tuple[str, dict[str, Any], str | None]] = [
        *((route, signs_in, None) for route in SIGN_INS),
        ("POST /api/auth/verify-password", {"password": WRONG}, ann.token),
        ("POST /api/auth/change-password", changes, ann.token),
        ("POST /api/auth/delete-user", {"password": WRONG}, ann.token),
    ]
    count("Guesses")

    for route, body, bearer in guesses:
        assert call(route, json=body, bearer=bearer).status in {400, 401}
        assert count("Guesses") == 1, route
    assert call(SIGN_INS[0], json=signs_in | {"password": PASSWORD}).status == 200
    assert call("GET /api/tasks", bearer="x").status == 401
    assert count("Guesses") == 0


def test_the_wrong_password_that_ends_a_session_is_counted_once(
    call: Api, people: People, settings: Callable[..., None], count: Count
) -> None:
    ann = people.signed_in()
    settings(rate_limits="on", rate_limit_failed_sign_ins="1/60")
    count("Guesses")

    response = call("POST /api/auth/verify-password", json={"password": WRONG}, bearer=ann.token)

    assert response.code == "TOO_MANY_WRONG_PASSWORDS"
    assert count("Guesses") == 1


def test_calls_of_auth_that_a_limit_refuses_are_counted_once(
    call: Api, settings: Callable[..., None], count: Count
) -> None:
    settings(rate_limits="on", rate_limit_sign_in="1/60", rate_limit_mail="1/60")
    body = {"email": "ann@example.com", "password": PASSWORD}

    for path in ("sign-in/email", "sign-up/email", "request-password-reset"):
        call(f"POST /api/auth/{path}", json=body)
        count("Guesses")
        assert call(f"POST /api/auth/{path}", json=body).status == 429
        assert count("Guesses") == 1, path


@pytest.mark.usefixtures("google")
def test_returns_from_a_provider_that_a_limit_refuses_are_counted(
    call: Api, settings: Callable[..., None], count: Count
) -> None:
    settings(rate_limits="on", rate_limit_callback="1/60")
    for expected in (0, 1):
        count("Guesses")
        call("GET /api/auth/callback/{provider}", provider="google", query={"state": "x", "code": "y"})
        assert count("Guesses") == expected


@pytest.mark.parametrize("verification", ["true", "false"])
def test_every_sign_up_is_counted_once(
    call: Api, settings: Callable[..., None], count: Count, verification: str
) -> None:
    settings(require_email_verification=verification)
    for number, route in enumerate(SIGN_UPS):
        count("SignUps")
        body = {"email": f"ann{number}@example.com", "password": PASSWORD}
        assert call(route, json=body).status in {200, 201}
        assert count("SignUps") == 1, route
    call(SIGN_INS[0], json={"email": "ann0@example.com", "password": PASSWORD})
    assert count("SignUps") == 0


def test_a_sign_up_by_a_provider_is_counted_and_the_next_sign_in_is_not(oauth_flow: OAuthFlow, count: Count) -> None:
    count("SignUps")
    assert oauth_flow.sign_in(email="new@example.com").status == 302
    assert count("SignUps") == 1
    assert oauth_flow.sign_in(email="new@example.com").status == 302
    assert count("SignUps") == 0
