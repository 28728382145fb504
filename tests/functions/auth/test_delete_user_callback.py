"""GET /api/auth/delete-user/callback: the mailed link deletes the signed-in user, if it was mailed to them."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.auth_calls import CLEARED_COOKIES, TRUSTED_ORIGIN, is_signed_in
from tests.support.calls import Api
from tests.support.concurrency import run_concurrently
from tests.support.mailbox import Mailbox
from tests.support.mailed_links import OPENED, SCRIPTS
from tests.support.oauth_flow import OAuthFlow
from tests.support.people import People, Person
from tests.support.tables import rows, tables_unchanged

FOLLOW, DELETE = "GET /api/auth/delete-user/callback", "POST /api/auth/delete-user"
OURS = {"origin": "https://api.example.com"}
DELETED = {"success": True, "message": "User deleted"}


@pytest.fixture
def ann(people: People, settings: Callable[..., None]) -> Person:
    """A signed-in user, where deletion is confirmed by mail."""
    settings(delete_user_by_mail="true")
    return people.signed_in("ann")


@pytest.fixture
def token(call: Api, mailbox: Mailbox, ann: Person) -> str:
    """The token mailed to Ann."""
    call(DELETE, bearer=ann.token, json={})
    return mailbox.to(ann.email)[-1].token


def test_the_mailed_link_deletes_the_user_and_redirects(call: Api, mailbox: Mailbox, ann: Person, cloud: Cloud) -> None:
    call(DELETE, bearer=ann.token, json={"callbackURL": "https://app.example.com/bye?a=1"})
    link = urlsplit(mailbox.last.link)
    assert link.path == FOLLOW.partition(" ")[2]

    response = call(FOLLOW, cookies=[ann.cookie], query=link.query)

    assert (response.status, response.headers["location"]) == (302, "https://app.example.com/bye?a=1")
    assert parse_qs(link.query)["callbackURL"] == [response.headers["location"]]
    assert response.cookies == CLEARED_COOKIES
    assert rows(cloud, "UsersTable") == []
    assert not is_signed_in(call, ann)


@pytest.mark.parametrize("headers", OPENED.values(), ids=OPENED)
def test_opening_the_link_deletes_nobody_and_leads_to_a_page_that_asks(
    call: Api, ann: Person, token: str, cloud: Cloud, headers: dict[str, str]
) -> None:
    """Also in the browser that is signed in: a prefetch or an image has its cookie."""
    with tables_unchanged(cloud):
        response = call(
            FOLLOW, cookies=[ann.cookie], query={"token": token, "callbackURL": "/sign-in?a=1"}, headers=headers
        )

        assert (response.status, response.cookies) == (302, [])
    page = f"https://api.example.com/delete-account?token={token}&callbackURL=%2Fsign-in%3Fa%3D1"
    assert response.headers["location"] == page
    assert is_signed_in(call, ann)


@pytest.mark.parametrize("headers", SCRIPTS)
def test_a_script_of_the_signed_in_user_deletes(call: Api, ann: Person, token: str, headers: dict[str, str]) -> None:
    """This is the protocol's way."""
    assert call(FOLLOW, cookies=[ann.cookie], query={"token": token}, headers=headers).json == DELETED


def test_without_hosted_pages_the_frontends_page_asks(
    call: Api, ann: Person, token: str, settings: Callable[..., None]
) -> None:
    """With them a frontend needs no such page."""
    for hosted, site in (("true", "https://api.example.com"), ("false", "https://app.example.com")):
        settings(hosted_pages=hosted, frontend_url="https://app.example.com/")
        response = call(FOLLOW, cookies=[ann.cookie], query={"token": token}, headers=OPENED["navigation"])
        assert response.headers["location"] == f"{site}/delete-account?token={token}"


@pytest.mark.parametrize("state", ["good", "wrong", "expired", "used"])
def test_whoever_opens_the_link_gets_the_page_whatever_the_token(  # noqa: PLR0917 -- five fixtures and a column
    call: Api, people: People, ann: Person, token: str, advance_clock: Callable[..., None], state: str
) -> None:
    """Also signed out, which the page sees to. It says so when the service does not accept the token."""
    if state == "used":
        assert call(DELETE, bearer=ann.token, json={"token": token}).json == DELETED
        people.signed_in("ann")
    if state == "expired":
        advance_clock(days=2)
    sent = token[:-1] if state == "wrong" else token

    opened = call(FOLLOW, query={"token": sent}, headers=OPENED["navigation"])
    page = urlsplit(opened.headers["location"])
    shown = call(f"GET {page.path}", query=page.query)

    assert (opened.status, page.path, parse_qs(page.query)) == (302, "/delete-account", {"token": [sent]})
    assert (shown.status, shown.headers["content-type"]) == (200, "text/html; charset=utf-8")
    again = people.sign_in(ann.email)
    answer = call(DELETE, cookies=[again.cookie], json={"token": sent}, headers=OURS)
    assert answer.code == (None if state == "good" else "INVALID_TOKEN")


@pytest.mark.parametrize("by", ["password", "provider"])
def test_a_user_of_a_frontend_without_cookies_finishes_at_the_page(  # noqa: PLR0917 -- five fixtures and a column
    call: Api, people: People, mailbox: Mailbox, ann: Person, oauth_flow: OAuthFlow, by: str
) -> None:
    """Signed in here, by either way, and then led to the path of the frontend that asked."""
    oauth_flow.link(ann.token, email=ann.email)
    asked = call(DELETE, bearer=ann.token, json={"callbackURL": "/bye"}, headers=TRUSTED_ORIGIN)
    opened = call(FOLLOW, query=urlsplit(mailbox.last.link).query, headers=OPENED["navigation"])
    page = urlsplit(opened.headers["location"])
    here = people.sign_in(ann.email).cookie if by == "password" else oauth_flow.sign_in(email=ann.email).cookies[0]

    token = parse_qs(page.query)["token"][0]
    deleted = call(DELETE, cookies=[here.partition(";")[0]], json={"token": token}, headers=OURS)

    assert (asked.status, deleted.json) == (200, DELETED)
    assert 'data-next="https://app.example.com/bye"' in call(f"GET {page.path}", query=page.query).text
    assert not is_signed_in(call, ann)


def test_without_a_callback_the_response_is_json(call: Api, ann: Person, token: str) -> None:
    response = call(FOLLOW, cookies=[ann.cookie], query={"token": token})

    assert (response.status, response.json, response.cookies) == (200, DELETED, CLEARED_COOKIES)
    assert not is_signed_in(call, ann)


@pytest.mark.parametrize("bearer", [None, "garbage"])
def test_without_a_session_nobody_is_deleted(
    call: Api, ann: Person, token: str, cloud: Cloud, bearer: str | None
) -> None:
    """S-47: a mail scanner has no session."""
    with tables_unchanged(cloud):
        for _ in range(3):
            response = call(FOLLOW, bearer=bearer, query={"token": token})
            assert (response.status, response.code, response.cookies) == (404, "FAILED_TO_GET_USER_INFO", [])
    assert is_signed_in(call, ann)


def test_an_ended_session_deletes_nobody(call: Api, people: People, ann: Person, token: str) -> None:
    other = people.sign_in(ann.email)
    call("POST /api/auth/sign-out", bearer=other.token)

    response = call(FOLLOW, cookies=[other.cookie], query={"token": token})

    assert (response.status, response.code) == (404, "FAILED_TO_GET_USER_INFO")
    assert is_signed_in(call, ann)


def test_another_users_link_deletes_nobody(call: Api, people: People, ann: Person, token: str) -> None:
    bob = people.signed_in("bob")

    response = call(FOLLOW, cookies=[bob.cookie], query={"token": token})

    assert (response.status, response.code, response.cookies) == (404, "INVALID_TOKEN", [])
    assert (is_signed_in(call, ann), is_signed_in(call, bob)) == (True, True)


def test_a_used_link_does_not_delete_a_later_user_of_the_address(
    call: Api, people: People, ann: Person, token: str
) -> None:
    call(FOLLOW, cookies=[ann.cookie], query={"token": token})
    again = call(FOLLOW, cookies=[ann.cookie], query={"token": token})
    new_user = people.signed_in("ann")
    response = call(FOLLOW, cookies=[new_user.cookie], query={"token": token})

    assert (again.status, again.code) == (404, "FAILED_TO_GET_USER_INFO")
    assert (response.status, response.code) == (404, "INVALID_TOKEN")
    assert is_signed_in(call, new_user)


def test_of_twenty_concurrent_requests_one_deletes(call: Api, ann: Person, token: str, cloud: Cloud) -> None:
    responses = run_concurrently(lambda _: call(FOLLOW, bearer=ann.token, query={"token": token}), range(20))

    assert sorted(response.status for response in responses) == [200, *[404] * 19]
    assert {row["sk"] for row in rows(cloud, "UsersTable")} == set()


def test_the_token_is_required(call: Api, ann: Person) -> None:
    assert call(FOLLOW, cookies=[ann.cookie]).code == "VALIDATION_ERROR"
    assert is_signed_in(call, ann)


def test_an_untrusted_callback_is_refused_and_nobody_is_deleted(call: Api, ann: Person, token: str) -> None:
    for target in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        response = call(FOLLOW, cookies=[ann.cookie], query={"token": token, "callbackURL": target})
        assert (response.status, response.code) == (403, "INVALID_CALLBACK_URL"), target
    assert is_signed_in(call, ann)
