"""A path as `callbackURL` is a page of the frontend, on every way that leads there, where `FrontendUrl` is set."""

import html
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.auth_calls import TRUSTED_ORIGIN, request_reset, sign_up
from tests.support.calls import Api
from tests.support.mailbox import Mailbox
from tests.support.mailed_links import OPENED
from tests.support.oauth_flow import CALLBACK, LINK, SOCIAL, Authorization, OAuthFlow
from tests.support.people import Person

HOME, PATH = "https://www.example.com/home?a=b#c", "/home?a=b#c"
DELETE, FOLLOW = "POST /api/auth/delete-user", "GET /api/auth/delete-user/callback"
PERSON = OPENED["navigation"]


@pytest.fixture(autouse=True)
def _frontend(call: Api, settings: Callable[..., None]) -> None:
    """A frontend below a path; a path names a page of its host, as it does for the frontend's own script."""
    assert call
    settings(frontend_url="https://www.example.com/app/", delete_user_by_mail="true")


@pytest.fixture
def ann(people: Any) -> Person:
    """A signed-in user."""
    person: Person = people.signed_in()
    return person


def test_after_a_sign_in_at_a_provider(oauth_flow: OAuthFlow) -> None:
    for target in ({"newUserCallbackURL": PATH, "callbackURL": "/elsewhere"}, {"callbackURL": PATH}):
        assert oauth_flow.complete(oauth_flow.begin(**target)).headers["location"] == HOME


def test_after_a_refused_sign_in_at_a_provider(oauth_flow: OAuthFlow) -> None:
    response = oauth_flow.callback(oauth_flow.begin(errorCallbackURL=PATH), error="access_denied")

    assert response.headers["location"] == "https://www.example.com/home?a=b&error=access_denied#c"


def test_after_linking_an_account(ann: Person, oauth_flow: OAuthFlow) -> None:
    assert oauth_flow.complete(oauth_flow.begin(LINK, bearer=ann.token, callbackURL=PATH)).headers["location"] == HOME


def test_after_a_sign_in_by_the_alias(call: Api, oauth_flow: OAuthFlow) -> None:
    begun = call("GET /api/auth/oauth/google", query={"redirect_uri": PATH})
    sent = Authorization(url=begun.headers["location"], cookie=begun.cookies[0].partition(";")[0])
    query = {"state": sent.query["state"], "code": oauth_flow.provider.authorize(sent.url)}

    back = call("GET /api/auth/oauth/google/callback", query=query, cookies=[sent.cookie])

    assert back.headers["location"] == HOME


@pytest.mark.parametrize("target", [PATH, ""])
def test_by_a_reset_link(call: Api, mailbox: Mailbox, ann: Person, target: str) -> None:
    """Without a target it is the hosted page, as in the mail."""
    token = request_reset(call, mailbox, ann.email)
    page = "https://www.example.com/home?a=b&{}#c" if target else "https://api.example.com/reset-password?{}"

    for given, outcome in ((token, f"token={token}"), ("x", "error=INVALID_TOKEN")):
        response = call("GET /api/auth/reset-password/{token}", token=given, query={"callbackURL": target})
        assert response.headers["location"] == page.format(outcome)


def test_by_a_verification_link(call: Api, mailbox: Mailbox) -> None:
    """A script redeems the token; a person is led to the hosted page, and from there to the frontend's."""
    sign_up(call, "bob@example.com")
    query = {"token": mailbox.last.token, "callbackURL": PATH}

    page = call("GET /api/auth/verify-email", query=query, headers=PERSON).headers["location"]
    assert call("GET /api/auth/verify-email", query=query).headers["location"] == HOME
    refused = call("GET /api/auth/verify-email", query=query | {"token": "x"}).headers["location"]

    assert page.startswith("https://api.example.com/verify-email?token=")
    assert next_page(call, page) == HOME
    assert refused == "https://www.example.com/home?a=b&error=INVALID_TOKEN#c"


def test_whatever_trusted_site_asked(call: Api, mailbox: Mailbox, ann: Person) -> None:
    for headers in (TRUSTED_ORIGIN, {"origin": "https://api.example.com"}):
        body = {"email": ann.email, "redirectTo": PATH}
        call("POST /api/auth/request-password-reset", json=body, headers=headers)
        assert parse_qs(urlsplit(mailbox.last.link).query)["callbackURL"] == [HOME]


def test_by_a_link_that_deletes_the_account(call: Api, mailbox: Mailbox, ann: Person) -> None:
    call(DELETE, bearer=ann.token, json={"callbackURL": PATH})
    query = urlsplit(mailbox.last.link).query

    page = call(FOLLOW, query=query, headers=PERSON).headers["location"]
    assert page.startswith("https://api.example.com/delete-account?")
    assert next_page(call, page) == HOME
    assert call(FOLLOW, query=query, cookies=[ann.cookie]).headers["location"] == HOME


def next_page(call: Api, page: str) -> str:
    """Return where a hosted page leads to in the end."""
    parts = urlsplit(page)
    (value,) = re.findall(r'data-next="([^"]*)"', call(f"GET {parts.path}", query=parts.query).text)
    return html.unescape(value)


def test_the_hosted_pages_name_their_own_pages(call: Api) -> None:
    """Their parameter is spelled another way."""
    assert next_page(call, "https://api.example.com/sign-in?callbackUrl=/account") == "/account"
    assert next_page(call, "https://api.example.com/sign-in?callbackURL=/home?a=b%23c") == HOME


def test_whatever_else_was_asked_for_is_as_it_was(oauth_flow: OAuthFlow, call: Api) -> None:
    for target in ("https://app.example.com/x", "https://api.example.com/tasks"):
        assert oauth_flow.complete(oauth_flow.begin(callbackURL=target)).headers["location"] == target
    refused = call(CALLBACK, provider="google", query={"state": "x"})
    assert refused.headers["location"] == "https://api.example.com/api/auth/error?error=state_mismatch"
    assert call(SOCIAL, json={"provider": "google"}).status == 200
