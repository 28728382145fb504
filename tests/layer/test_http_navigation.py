"""People are never shown JSON: whoever comes by navigation, from a provider or a mail, gets a page or is led on."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest

from gatehouse_dev.cloud import Cloud
from tests.layer.every_route import send_request
from tests.support.aws_failures import UNREACHABLE, failing_calls
from tests.support.calls import Api, Response
from tests.support.mailed_links import HTML
from tests.support.oauth_flow import CALLBACK, OAuthFlow, error_of, token_of
from tests.support.provider import Provider
from tests.support.routes import API, PAGES
from tests.support.tables import tables_unchanged

GETS = sorted(route for route in API | PAGES if route.startswith("GET"))
POSTED, ALIAS = "POST /api/auth/callback/{provider}", "GET /api/auth/oauth/google/callback"
NAVIGATIONS: dict[str, dict[str, str]] = {
    "browser": {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "accept": HTML},
    "browser that names no type": {"sec-fetch-mode": "navigate", "accept": "*/*"},
    "old browser": {"accept": HTML},
}
SCRIPTS: list[dict[str, str]] = [
    {"accept": "application/json"},
    {"accept": "*/*"},
    {},
    {"sec-fetch-mode": "cors", "accept": HTML},
    {"sec-fetch-mode": "same-origin", "accept": "*/*"},
]
BROWSER = NAVIGATIONS["browser"]
by_navigation = pytest.mark.parametrize("headers", NAVIGATIONS.values(), ids=NAVIGATIONS)


def assert_page(response: Response, status: int, code: str) -> None:
    """Assert that a response is a page with a code, and what all pages are."""
    assert (response.status, response.headers["content-type"]) == (status, "text/html; charset=utf-8"), response.text
    assert response.text.startswith("<!doctype html>")
    assert f"<code>{code}</code>" in response.text
    assert response.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-correlation-id"] in response.text


def assert_no_json(response: Response) -> None:
    """Assert that a response is a redirect, a page or another success."""
    assert response.status < 400 or response.headers["content-type"].startswith("text/html"), response.text


@by_navigation
def test_whatever_a_person_opens_ends_at_no_json(call: Api, cloud: Cloud, headers: dict[str, str]) -> None:
    """Without parameters, with invalid and with repeated ones, and during an outage."""
    queries = ["", "token=x&callbackURL=//evil.example", "a=1&a=2", "token=x&token=y&state=x&state=y", "cursor=%00"]
    with tables_unchanged(cloud):
        for route in GETS:
            for query in queries:
                assert_no_json(send_request(call, route, query=query, headers=headers))
            with failing_calls(UNREACHABLE):
                assert_no_json(send_request(call, route, query="token=x&callbackURL=/&state=x", headers=headers))


@pytest.mark.parametrize("headers", SCRIPTS, ids=str)
def test_a_script_gets_json_as_before(call: Api, headers: dict[str, str]) -> None:
    for route in (route for route in GETS if route != CALLBACK):
        response = send_request(call, route, query="token=x&callbackURL=//evil.example&a=1&a=2", headers=headers)
        assert response.status < 400 or response.json.keys() >= {"code", "message", "requestId"}, route


@by_navigation
def test_the_page_has_the_status_and_headers_of_the_error(
    call: Api, settings: Callable[..., None], headers: dict[str, str]
) -> None:
    settings(google_client_id="client-1", rate_limits="on", rate_limit_sign_in="1/60", rate_limit_callback="1/60")

    signed_out = call("GET /api/tasks", headers=headers)
    assert_page(signed_out, 401, "MISSING_TOKEN")
    assert signed_out.headers["www-authenticate"].startswith("Bearer")
    for route in ("GET /api/auth/oauth/google", ALIAS):
        call(route, headers=headers)
        limited = call(route, headers=headers)
        assert_page(limited, 429, "TOO_MANY_REQUESTS")
        assert int(limited.headers["retry-after"]) > 0
    with failing_calls(UNREACHABLE):
        assert_page(call("GET /health", headers=headers), 503, "SERVICE_UNAVAILABLE")


@pytest.mark.parametrize(
    ("route", "status", "code"),
    [
        ("GET /api/auth/verify-email", 400, "VALIDATION_ERROR"),
        ("GET /api/auth/reset-password/{token}", 400, "VALIDATION_ERROR"),
        ("GET /api/auth/delete-user/callback", 400, "VALIDATION_ERROR"),
        ("GET /api/auth/unsubscribe", 400, "VALIDATION_ERROR"),
        ("GET /api/auth/oauth/google", 404, "PROVIDER_NOT_FOUND"),
        ("GET /api/auth/callback/{provider}", 404, "PROVIDER_NOT_FOUND"),
    ],
)
def test_an_incomplete_link_is_a_page(call: Api, route: str, status: int, code: str) -> None:
    assert_page(send_request(call, route, headers=BROWSER), status, code)


def test_where_hosted_pages_are_off_their_addresses_are_a_page_that_says_so(
    call: Api, settings: Callable[..., None]
) -> None:
    settings(hosted_pages="false", frontend_url="https://app.example.com")

    assert_page(call("GET /sign-in", headers=BROWSER), 404, "NOT_FOUND")


@pytest.mark.parametrize(("language", "sentence"), [("en", "Something went wrong"), ("de", "Das hat nicht geklappt")])
def test_the_page_is_in_the_language_of_the_browser(call: Api, language: str, sentence: str) -> None:
    text = call("GET /api/tasks", headers=BROWSER | {"accept-language": language}).text

    assert f'<html lang="{language}">' in text
    assert sentence in text


def test_nothing_of_the_request_is_markup_in_the_page(call: Api, people: Any) -> None:
    """The message of invalid input names the parameters."""
    query = urlencode({"<script>alert(1)</script>": "<img src=x>", "x": '"><b>'})
    ann = people.signed_in()

    response = call("GET /api/tasks", query=query, bearer=ann.token, headers=BROWSER)

    assert_page(response, 400, "VALIDATION_ERROR")
    assert set(re.findall(r"<(\w+)", response.text)) == {"html", "meta", "title", "h1", "p", "code"}


def test_a_post_of_a_page_is_answered_as_before(call: Api) -> None:
    """A form of another site is refused in the protocol's form; only providers send people by POST."""
    headers = BROWSER | {"sec-fetch-site": "cross-site"}

    response = call("POST /api/auth/sign-in/email", json={"email": "a@example.com", "password": "x"}, headers=headers)

    assert (response.status, response.code) == (403, "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED")


# -- From a provider -------------------------------------------------------------------


@pytest.mark.parametrize("extra", ["scope=a&scope=b", "authuser=0&authuser=1&hd=x&hd=x", "session_state=1&&=&x&x"])
def test_parameters_that_nobody_knows_may_be_repeated(oauth_flow: OAuthFlow, call: Api, extra: str) -> None:
    """RFC 6749, 4.1.2: unknown parameters are ignored."""
    for headers in (BROWSER, {}):
        sent = oauth_flow.begin()
        known = urlencode({"code": oauth_flow.provider.authorize(sent.url), "state": sent.query["state"]})
        response = call(
            CALLBACK, provider="google", query=f"{extra}&{known}&{extra}", cookies=[sent.cookie], headers=headers
        )
        assert token_of(response)


@pytest.mark.parametrize("headers", [BROWSER, {}], ids=["browser", "script"])
@pytest.mark.parametrize("name", ["code", "state", "error", "error_description", "iss"])
def test_a_known_parameter_that_is_repeated_is_an_error_of_the_redirect(
    oauth_flow: OAuthFlow, call: Api, name: str, headers: dict[str, str]
) -> None:
    """RFC 6749, 3.1: it must not be; two codes may be of two people. The provider is not asked."""
    sent = oauth_flow.begin(errorCallbackURL="/sign-in")
    values = {"code": oauth_flow.provider.authorize(sent.url), "state": sent.query["state"]}
    pairs = [*values.items(), (name, values.get(name, "x")), (name, values.get(name, "x"))]

    response = call(CALLBACK, provider="google", query=urlencode(pairs), cookies=[sent.cookie], headers=headers)

    assert error_of(response) == "validation_error"
    where = "https://api.example.com/api/auth/error" if name == "state" else "/sign-in"
    assert response.headers["location"].partition("?")[0] == where
    assert oauth_flow.provider.received == []
    assert "set-auth-token" not in response.headers


@pytest.mark.usefixtures("google")
def test_a_repeated_parameter_under_the_alias_is_a_bad_request(call: Api) -> None:
    query = "state=x&state=x&code=y"

    assert_page(call(ALIAS, query=query, headers=BROWSER), 400, "VALIDATION_ERROR")
    assert call(ALIAS, query=query).code == "VALIDATION_ERROR"


@by_navigation
def test_a_provider_that_posts_leads_people_to_no_json(call: Api, google: Provider, headers: dict[str, str]) -> None:
    assert google
    form = headers | {"content-type": "application/x-www-form-urlencoded", "origin": "https://idp.example"}

    assert_page(call(POSTED, provider="google", body="x" * 20_000, headers=form), 413, "PAYLOAD_TOO_LARGE")
    assert_page(call(POSTED, provider="google", body="a=b&" * 30, headers=form), 400, "VALIDATION_ERROR")
    assert_page(call(POSTED, provider="unknown", body="a=b", headers=form), 404, "PROVIDER_NOT_FOUND")


@pytest.mark.usefixtures("google")
def test_a_repeated_field_of_a_form_stays_repeated_and_the_query_wins(call: Api) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}

    response = call(POSTED, provider="google", body="code=a&code=b&state=c", query="state=d", headers=form)

    assert response.headers["location"] == "/api/auth/callback/google?state=d&code=a&code=b"


@by_navigation
def test_an_outage_during_a_sign_in_is_a_page(oauth_flow: OAuthFlow, call: Api, headers: dict[str, str]) -> None:
    sent = oauth_flow.begin()
    query = {"state": sent.query["state"], "code": oauth_flow.provider.authorize(sent.url)}

    with failing_calls(UNREACHABLE):
        response = call(CALLBACK, provider="google", query=query, cookies=[sent.cookie], headers=headers)

    assert_page(response, 503, "SERVICE_UNAVAILABLE")
