"""POST /api/auth/verify-email redeems the mailed token; GET is for scripts, and redirects browsers to the page."""

from collections.abc import Callable
from functools import partial

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.auth_calls import VERIFIED_COOKIE, cookie_names, sign_in, sign_up, verify
from tests.support.calls import Api
from tests.support.concurrency import run_concurrently
from tests.support.mailbox import Mailbox
from tests.support.mailed_links import OPENED, SCRIPTS
from tests.support.people import People
from tests.support.tables import all_rows, rows, tables_unchanged

ANN = "ann@example.com"
FOLLOW = "GET /api/auth/verify-email"
BROWSER = [{"sec-fetch-mode": "navigate", "accept": "*/*"}, {"accept": "text/html,application/xhtml+xml"}]
SCRIPT = [{"sec-fetch-mode": "cors", "accept": "text/html"}, {"sec-fetch-mode": "same-origin"}, {"accept": "*/*"}]


@pytest.fixture
def token(call: Api, mailbox: Mailbox) -> str:
    """The token mailed for Ann's sign-up."""
    sign_up(call, ANN)
    return mailbox.last.token


def test_redeeming_the_token_creates_the_user(call: Api, token: str) -> None:
    response = verify(call, token)

    assert response.status == 200
    assert set(response.json) == {"success", "status", "user"}
    assert (response.json["user"]["email"], response.json["user"]["emailVerified"]) == (ANN, True)
    assert cookie_names(response) == [VERIFIED_COOKIE]
    assert sign_in(call, ANN).json["user"] == response.json["user"]


def test_redeeming_again_changes_nothing_while_the_link_is_valid(
    call: Api, token: str, cloud: Cloud, advance_clock: Callable[..., None]
) -> None:
    first = verify(call, token)
    after_first = all_rows(cloud)
    advance_clock(minutes=14)

    again = verify(call, token)

    assert (again.status, again.json) == (200, first.json)
    assert all_rows(cloud) == after_first


def test_twenty_concurrent_redemptions_create_one_user(call: Api, token: str, cloud: Cloud) -> None:
    responses = run_concurrently(lambda _: verify(call, token), range(20))

    assert {response.status for response in responses} == {200}
    assert len({response.json["user"]["id"] for response in responses}) == 1
    assert sorted(row["sk"] for row in rows(cloud, "UsersTable")) == ["EMAIL", "PROFILE"]


@pytest.mark.parametrize(("seconds", "code"), [(899, None), (901, "TOKEN_EXPIRED")])
def test_a_link_is_valid_for_fifteen_minutes_after_it_was_mailed(  # noqa: PLR0917 -- four fixtures and two columns
    call: Api, mailbox: Mailbox, cloud: Cloud, advance_clock: Callable[..., None], seconds: int, code: str | None
) -> None:
    """S-49; the time before the mail is sent does not count."""
    sign_up(call, ANN)
    advance_clock(hours=5)
    token = mailbox.last.token

    advance_clock(seconds=seconds)

    assert verify(call, token).code == code
    assert (rows(cloud, "UsersTable") == []) is (code is not None)


@pytest.mark.parametrize("headers", [*BROWSER, *OPENED.values()])
def test_opening_the_link_redirects_to_the_page_and_consumes_nothing(
    call: Api, token: str, cloud: Cloud, headers: dict[str, str]
) -> None:
    """S-47: mail scanners open links."""
    with tables_unchanged(cloud):
        for _ in range(5):
            response = call(FOLLOW, query={"token": token}, headers=headers)
            assert response.status == 302
            assert response.headers["location"] == f"https://api.example.com/verify-email?token={token}"
            assert call.aws_operations == []
    assert verify(call, token).status == 200


@pytest.mark.parametrize("headers", [*SCRIPT, *SCRIPTS])
def test_a_script_redeems_by_get(call: Api, token: str, headers: dict[str, str]) -> None:
    response = call(FOLLOW, query={"token": token}, headers=headers)

    assert (response.status, response.json) == (200, {"status": True, "user": None})
    assert sign_in(call, ANN).status == 200


def test_a_script_is_redirected_to_its_callback(call: Api, token: str) -> None:
    response = call(FOLLOW, query={"token": token, "callbackURL": "https://app.example.com/home?a=1#top"})

    assert (response.status, response.headers["location"]) == (302, "https://app.example.com/home?a=1#top")
    assert sign_in(call, ANN).status == 200


def test_a_script_gets_the_tokens_error_by_get(call: Api, token: str, advance_clock: Callable[..., None]) -> None:
    advance_clock(minutes=16)

    expired = call(FOLLOW, query={"token": token})
    unknown = call(FOLLOW, query={"token": "x"})
    redirected = call(FOLLOW, query={"token": token, "callbackURL": "/tasks?a=1#top"})

    assert (expired.status, expired.code) == (401, "TOKEN_EXPIRED")
    assert (unknown.status, unknown.code) == (401, "INVALID_TOKEN")
    assert (redirected.status, redirected.headers["location"]) == (302, "/tasks?a=1&error=TOKEN_EXPIRED#top")
    assert call(FOLLOW).code == "VALIDATION_ERROR"


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("myapp://", "myapp://?error=INVALID_TOKEN"),
        ("myapp:///home?a=1#top", "myapp:///home?a=1&error=INVALID_TOKEN#top"),
        ("/tasks#", "/tasks?error=INVALID_TOKEN#"),
    ],
)
def test_the_callback_is_kept_as_written(call: Api, settings: Callable[..., None], target: str, location: str) -> None:
    settings(trusted_origins="myapp://")

    response = call(FOLLOW, query={"token": "x", "callbackURL": target})

    assert (response.status, response.headers["location"]) == (302, location)


def test_an_unverified_user_can_verify_later_and_keeps_the_password(
    call: Api, people: People, mailbox: Mailbox, settings: Callable[..., None]
) -> None:
    """Without required verification the account exists first; the link that is requested later proves the address."""
    settings(require_email_verification="false")
    session = sign_up(call, ANN).json["token"]
    assert people
    call("POST /api/auth/send-verification-email", json={"email": ANN})

    response = verify(partial(call, bearer=session), mailbox.last.token)

    assert response.json["user"]["emailVerified"] is True
    assert call("GET /api/auth/me", bearer=session).json["user"]["emailVerified"] is True
    assert sign_in(call, ANN).status == 200
