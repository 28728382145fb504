"""GET /api/auth/expo-authorization-proxy: leads the browser that an app opened to the provider, and no other."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.support.calls import Api, Response
from tests.support.oauth_flow import LINK, SOCIAL, Authorization, OAuthFlow, error_of, token_of
from tests.support.people import People

PROXY = "GET /api/auth/expo-authorization-proxy"
STATE, SESSION = "__Secure-better-auth.state", "__Secure-better-auth.session_token"
APP = {"expo-origin": "myapp://"}
HOME, WELCOME, SORRY = "myapp://home", "myapp://welcome", "myapp://sorry"


@pytest.fixture(autouse=True)
def _trusted_app(settings: Callable[..., None]) -> None:
    settings(trusted_origins="myapp://,exp://,chrome-extension://abc")


class App:
    """Expo's client, and the browser that it opens."""

    def __init__(self, call: Api, flow: OAuthFlow) -> None:
        """Its browser has no cookies yet."""
        self._call = call
        self._flow = flow

    def begin(self, route: str = SOCIAL, *, headers: dict[str, str] | None = None, **body: Any) -> Authorization:
        """Request the provider's URL, with the app's header. The cookie is the app's."""
        cookies = [body.pop("cookie")] if "cookie" in body else None
        sent = {"provider": "google", "callbackURL": HOME} | body
        response = self._call(route, json=sent, cookies=cookies, headers=APP if headers is None else headers)
        assert response.status == 200, response.text
        return Authorization(url=response.json["url"], cookie=response.cookies[0].partition(";")[0])

    def open(self, url: str, **more: Any) -> Response:
        """Open the URL in the browser, through the proxy."""
        return self._call(PROXY, query={"authorizationURL": url}, **more)

    def opened(self, begun: Authorization, **more: Any) -> Authorization:
        """Open the URL; the cookie is the browser's."""
        response = self.open(begun.url, **more)
        assert (response.status, response.headers.get("location")) == (302, begun.url)
        return Authorization(url=begun.url, cookie=response.cookies[0].partition(";")[0])

    def sign_in(self, **body: Any) -> Response:
        """Sign in: the callback's response."""
        return self._flow.complete(self.opened(self.begin(**body)))


@pytest.fixture
def app(call: Api, oauth_flow: OAuthFlow) -> App:
    """An app with Expo's client."""
    return App(call, oauth_flow)


def link_of(response: Response) -> tuple[str, dict[str, str]]:
    """Return the link of a redirect without its query, and the query."""
    assert response.status == 302, response.text
    page, _, query = response.headers["location"].partition("?")
    return page, dict(parse_qsl(query))


def names(response: Response) -> list[str]:
    """Return the names of the cookies that a response sets or clears."""
    return [line.partition("=")[0] for line in response.cookies]


# -- What the app gets -----------------------------------------------------------------


def test_the_session_is_in_the_link_to_the_app_and_not_in_the_browser(call: Api, app: App) -> None:
    response = app.sign_in()
    page, query = link_of(response)
    cookie, _, attributes = query["cookie"].partition("; ")

    assert (page, set(query)) == (HOME, {"cookie"})
    assert attributes == "Max-Age=604800; Path=/; HttpOnly; Secure; SameSite=Lax"
    assert call("GET /api/auth/get-session", cookies=[cookie]).json["user"]["email"] == "ann@example.com"
    assert names(response) == [STATE]
    assert "set-auth-token" not in response.headers


def test_the_browser_becomes_a_known_device_all_the_same(app: App, settings: Callable[..., None]) -> None:
    """Else the owner would be told of a new device after each sign-in from the app."""
    settings(notify_new_device="true")
    response = app.sign_in()

    assert names(response) == ["__Secure-gatehouse.device", STATE]
    assert "gatehouse.device" not in response.headers["location"]


def test_a_new_user_is_led_to_another_page_of_the_app(app: App) -> None:
    pages = [link_of(app.sign_in(newUserCallbackURL=WELCOME)) for _ in range(2)]

    assert [(page, set(query)) for page, query in pages] == [(WELCOME, {"cookie"}), (HOME, {"cookie"})]


def test_a_link_with_query_and_fragment_stays_whole(app: App) -> None:
    location = app.sign_in(callbackURL="myapp:///a?b=c#d").headers["location"]

    assert location.startswith(f"myapp:///a?b=c&cookie={SESSION}%3D")
    assert location.endswith("SameSite%3DLax#d")


@pytest.mark.parametrize(("asked", "page"), [({}, HOME), ({"errorCallbackURL": SORRY}, SORRY)], ids=["home", "sorry"])
def test_errors_come_back_to_the_app(app: App, oauth_flow: OAuthFlow, asked: dict[str, Any], page: str) -> None:
    refused = oauth_flow.callback(app.opened(app.begin(**asked)), error="access_denied")
    elsewhere = oauth_flow.callback(app.opened(app.begin(**asked)), cookie="", code="x")

    assert link_of(refused) == (page, {"error": "access_denied"})
    assert link_of(elsewhere) == (page, {"error": "state_mismatch", "error_description": "state_cookie_missing"})


def test_a_browser_that_is_signed_in_does_not_hide_an_error_from_the_app(
    app: App, oauth_flow: OAuthFlow, people: People
) -> None:
    response = oauth_flow.callback(app.begin(), cookie=people.signed_in("bob").cookie, code="x")

    assert link_of(response) == (HOME, {"error": "state_mismatch", "error_description": "state_cookie_missing"})


def test_an_account_is_linked_without_a_new_session(call: Api, app: App, oauth_flow: OAuthFlow, people: People) -> None:
    ann = people.signed_in("ann")
    response = oauth_flow.complete(app.opened(app.begin(LINK, cookie=ann.cookie)))

    assert (response.headers["location"], names(response)) == (HOME, [STATE])
    accounts = call("GET /api/auth/list-accounts", bearer=ann.token).json
    assert {one["providerId"] for one in accounts} == {"credential", "google"}


def test_another_address_is_not_linked(app: App, oauth_flow: OAuthFlow, people: People) -> None:
    """Whoever leads somebody else through their own linking has an account at the provider of another address."""
    bob = people.signed_in("bob")

    assert error_of(oauth_flow.complete(app.opened(app.begin(LINK, cookie=bob.cookie)))) == "email_does_not_match"


# -- What the browser gets -------------------------------------------------------------


def test_states_of_other_tabs_stay(app: App, oauth_flow: OAuthFlow) -> None:
    page = oauth_flow.begin(callbackURL="/tasks")
    both = app.opened(app.begin(), cookies=[page.cookie])
    code = oauth_flow.provider.authorize(page.url)

    response = oauth_flow.callback(page, code=code, cookie=both.cookie)

    assert (response.headers["location"], bool(token_of(response))) == ("/tasks", True)
    assert link_of(oauth_flow.complete(both))[0] == HOME


def changed(url: str) -> list[str]:
    """Return URLs that are not this one but like it."""
    page, _, query = url.partition("?")
    parts = urlsplit(url)
    asked = dict(parse_qsl(query))
    return [
        f"{url}#x",
        f"{url}&",
        f"{url}&redirect_uri=https%3A%2F%2Fevil.example",
        f"{url}&state=x",
        f" {url}",
        url.replace(parts.netloc, "evil.example"),
        url.replace(parts.netloc, f"{parts.netloc}@evil.example"),
        f"https://api.example.com/api/auth/sign-out?{query}",
        f"/api/auth/callback/google?{query}",
        f"{page}x?{query}",
        f"{page}?state={asked['state']}",
        f"https://evil.example/?{query}",
        f"javascript:alert(1)?{query}",
        url.upper(),
        query,
        page,
    ]


def test_no_other_url_is_opened(app: App) -> None:
    begun = app.begin()
    others = ["", "x", "https://evil.example", "//evil.example", "https://[", "\u2028", "?state=", *changed(begun.url)]
    for other in others:
        response = app.open(other)
        assert (response.status, response.code, response.cookies) == (400, "STATE_MISMATCH", []), other
        assert "location" not in response.headers

    assert app.opened(begun)


def test_what_has_no_state_is_not_looked_up(app: App, call: Api) -> None:
    app.open("https://evil.example/?a=b")

    assert call.aws_operations == []


def test_a_url_is_opened_until_it_expires_or_is_used(
    app: App, oauth_flow: OAuthFlow, advance_clock: Callable[..., None]
) -> None:
    used, old = app.begin(), app.begin()
    oauth_flow.complete(app.opened(used))
    advance_clock(minutes=9)
    assert app.opened(old)
    advance_clock(minutes=1)

    assert [app.open(begun.url).code for begun in (used, old)] == ["STATE_MISMATCH"] * 2


def test_a_parameter_is_given_once(app: App, call: Api) -> None:
    url = app.begin().url

    assert call(PROXY, query={"authorizationURL": [url, url]}).code == "VALIDATION_ERROR"
    assert call(PROXY).code == "VALIDATION_ERROR"
    assert call(PROXY, query={"authorizationURL": url, "oauthState": "x"}).status == 302


def test_people_get_a_page(app: App) -> None:
    response = app.open("https://evil.example", headers={"sec-fetch-mode": "navigate"})

    assert response.headers["content-type"].startswith("text/html")
    assert (response.status, response.code) == (400, "STATE_MISMATCH")


# -- Who began it ----------------------------------------------------------------------

PAGES: list[tuple[dict[str, str], dict[str, Any]]] = [
    ({}, {}),
    ({"origin": "https://app.example.com"}, {}),
    ({"origin": "chrome-extension://abc"}, {"callbackURL": "chrome-extension://abc/page"}),
    (APP | {"origin": "https://app.example.com"}, {}),
    (APP | {"referer": "https://app.example.com/"}, {}),
    ({"expo-origin": "https://app.example.com"}, {}),
    (APP, {"callbackURL": None}),
    (APP, {"callbackURL": "/tasks"}),
    (APP, {"callbackURL": "https://app.example.com/"}),
    (APP, {"callbackURL": "HTTPS://app.example.com/"}),
    (APP, {"newUserCallbackURL": "/welcome"}),
    (APP, {"errorCallbackURL": "https://app.example.com/"}),
]


@pytest.mark.parametrize(("headers", "targets"), PAGES, ids=str)
def test_what_a_page_began_or_leads_to_a_page_is_no_apps(
    app: App, oauth_flow: OAuthFlow, headers: dict[str, str], targets: dict[str, Any]
) -> None:
    """It signs in the browser that began it, as ever, and is not opened in another one."""
    begun = app.begin(headers=headers, **targets)

    assert app.open(begun.url).code == "STATE_MISMATCH"
    assert names(oauth_flow.complete(begun)) == [SESSION, STATE]


def test_a_page_that_leads_into_an_app_signs_its_browser_in_and_hands_nothing_over(oauth_flow: OAuthFlow) -> None:
    response = oauth_flow.complete(oauth_flow.begin(callbackURL=HOME))

    assert (response.headers["location"], names(response)) == (HOME, [SESSION, STATE])


def test_an_app_in_development_has_an_address(app: App) -> None:
    expo = {"expo-origin": "exp://192.168.1.5:8081"}

    assert app.opened(app.begin(headers=expo, callbackURL="exp://192.168.1.5:8081/--/home"))


@pytest.mark.usefixtures("google")
def test_an_app_that_is_not_trusted_begins_nothing(call: Api, people: People) -> None:
    ann = people.signed_in("ann")
    untrusted = {"headers": {"expo-origin": "evilapp://"}, "json": {"provider": "google", "callbackURL": HOME}}

    assert call(SOCIAL, **untrusted).code == "INVALID_ORIGIN"
    assert call(LINK, cookies=[ann.cookie], **untrusted).code == "INVALID_ORIGIN"
    url = call(LINK, bearer=ann.token, **untrusted).json["url"]  # a bearer token needs no origin
    assert call(PROXY, query={"authorizationURL": url}).code == "STATE_MISMATCH"
