"""POST /api/auth/verify-email redeems the mailed token; GET is for scripts, and leads people on to the page."""

from collections.abc import Callable

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.auth_calls import sign_in, sign_up, verify
from tests.support.calls import Api
from tests.support.concurrency import run_concurrently
from tests.support.mailbox import Mailbox
from tests.support.people import People
from tests.support.tables import all_rows, rows, tables_unchanged

ANN = "ann@example.com"
FOLLOW = "GET /api/auth/verify-email"
OPENED = [{"sec-fetch-mode": "navigate", "accept": "*/*"}, {"accept": "text/html,application/xhtml+xml"}]
SCRIPT = [{"sec-fetch-mode": "cors", "accept": "text/html"}, {"sec-fetch-mode": "same-origin"}, {"accept": "*/*"}]


@pytest.fixture
def token(call: Api, mailbox: Mailbox) -> str:
    """The token that Ann's sign-up was mailed."""
    sign_up(call, ANN)
    return mailbox.last.token


def test_redeeming_the_token_makes_the_user(call: Api, token: str) -> None:
    answer = verify(call, token)

    assert answer.status == 200
    assert set(answer.json) == {"success", "status", "user"}
    assert (answer.json["user"]["email"], answer.json["user"]["emailVerified"]) == (ANN, True)
    assert answer.cookies == []
    assert sign_in(call, ANN).json["user"] == answer.json["user"]


def test_verifying_again_changes_nothing_while_the_link_lives(
    call: Api, token: str, cloud: Cloud, advance_clock: Callable[..., None]
) -> None:
    first = verify(call, token)
    after_first = all_rows(cloud)
    advance_clock(minutes=14)

    again = verify(call, token)

    assert (again.status, again.json) == (200, first.json)
    assert all_rows(cloud) == after_first


def test_twenty_at_once_make_one_user(call: Api, token: str, cloud: Cloud) -> None:
    answers = run_concurrently(lambda _: verify(call, token), range(20))

    assert {answer.status for answer in answers} == {200}
    assert len({answer.json["user"]["id"] for answer in answers}) == 1
    assert sorted(row["sk"] for row in rows(cloud, "UsersTable")) == ["EMAIL", "PROFILE"]


@pytest.mark.parametrize(("seconds", "code"), [(899, None), (901, "TOKEN_EXPIRED")])
def test_a_link_works_for_fifteen_minutes_after_it_was_mailed(  # noqa: PLR0917 -- four fixtures and two columns
    call: Api, mailbox: Mailbox, cloud: Cloud, advance_clock: Callable[..., None], seconds: int, code: str | None
) -> None:
    """S-49; what time a mail waits to be sent is not taken from its reader."""
    sign_up(call, ANN)
    advance_clock(hours=5)
    token = mailbox.last.token

    advance_clock(seconds=seconds)

    assert verify(call, token).code == code
    assert (rows(cloud, "UsersTable") == []) is (code is not None)


@pytest.mark.parametrize("headers", OPENED)
def test_opening_the_link_leads_to_the_page_and_consumes_nothing(
    call: Api, token: str, cloud: Cloud, headers: dict[str, str]
) -> None:
    """S-47: mail scanners open links."""
    with tables_unchanged(cloud):
        for _ in range(5):
            answer = call(FOLLOW, query={"token": token}, headers=headers)
            assert answer.status == 302
            assert answer.headers["location"] == f"https://api.example.com/verify-email?token={token}"
            assert call.aws_operations == []
    assert verify(call, token).status == 200


def test_the_page_is_the_frontends_when_there_is_one(call: Api, token: str, settings: Callable[..., None]) -> None:
    settings(frontend_url="https://app.example.com/")

    answer = call(FOLLOW, query={"token": token, "callbackURL": "/home?a=1"}, headers=OPENED[0])

    assert answer.headers["location"] == (
        f"https://app.example.com/verify-email?token={token}&callbackURL=%2Fhome%3Fa%3D1"
    )


@pytest.mark.parametrize("headers", SCRIPT)
def test_a_script_redeems_by_get(call: Api, token: str, headers: dict[str, str]) -> None:
    answer = call(FOLLOW, query={"token": token}, headers=headers)

    assert (answer.status, answer.json) == (200, {"status": True, "user": None})
    assert sign_in(call, ANN).status == 200


def test_a_script_that_names_a_callback_is_sent_there(call: Api, token: str) -> None:
    answer = call(FOLLOW, query={"token": token, "callbackURL": "https://app.example.com/home?a=1#top"})

    assert (answer.status, answer.headers["location"]) == (302, "https://app.example.com/home?a=1#top")
    assert sign_in(call, ANN).status == 200


def test_a_script_learns_by_get_what_is_wrong_with_a_token(
    call: Api, token: str, advance_clock: Callable[..., None]
) -> None:
    advance_clock(minutes=16)

    expired = call(FOLLOW, query={"token": token})
    unknown = call(FOLLOW, query={"token": "x"})
    sent_on = call(FOLLOW, query={"token": token, "callbackURL": "/home?a=1#top"})

    assert (expired.status, expired.code) == (401, "TOKEN_EXPIRED")
    assert (unknown.status, unknown.code) == (401, "INVALID_TOKEN")
    assert (sent_on.status, sent_on.headers["location"]) == (302, "/home?a=1&error=TOKEN_EXPIRED#top")
    assert call(FOLLOW).code == "VALIDATION_ERROR"


@pytest.mark.parametrize(
    ("target", "led_to"),
    [
        ("myapp://", "myapp://?error=INVALID_TOKEN"),
        ("myapp:///home?a=1#top", "myapp:///home?a=1&error=INVALID_TOKEN#top"),
        ("/home#", "/home?error=INVALID_TOKEN#"),
    ],
)
def test_the_place_to_go_on_to_stays_as_it_was_written(
    call: Api, settings: Callable[..., None], target: str, led_to: str
) -> None:
    settings(trusted_origins="myapp://")

    answer = call(FOLLOW, query={"token": "x", "callbackURL": target})

    assert (answer.status, answer.headers["location"]) == (302, led_to)


def test_an_owner_who_came_in_unverified_verifies_later_and_keeps_the_password(
    call: Api, people: People, mailbox: Mailbox, settings: Callable[..., None]
) -> None:
    """Without verification the account is there first; the mail that is asked for afterwards proves its address."""
    settings(require_email_verification="false")
    session = sign_up(call, ANN).json["token"]
    assert people
    call("POST /api/auth/send-verification-email", json={"email": ANN})

    answer = verify(call, mailbox.last.token)

    assert answer.json["user"]["emailVerified"] is True
    assert call("GET /api/auth/me", bearer=session).json["user"]["emailVerified"] is True
    assert sign_in(call, ANN).status == 200
