"""GET, POST /api/auth/callback/{provider}: ends the sign-in at a provider with a session or an error."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.calls import Api, Response
from tests.support.layer import layer
from tests.support.oauth_flow import CALLBACK, LINK, SOCIAL, Authorization, OAuthFlow, error_of, token_of
from tests.support.people import People
from tests.support.provider import Provider
from tests.support.tables import all_rows, rows, tables_unchanged

POSTED = "POST /api/auth/callback/{provider}"
ALIAS, ALIAS_CALLBACK = "GET /api/auth/oauth/google", "GET /api/auth/oauth/google/callback"
FORM = {"content-type": "application/x-www-form-urlencoded"}
STATE = "__Secure-better-auth.state"
PAGE = "https://app.example.com/a?b=c#d"


def user_of(call: Api, response: Response) -> dict[str, Any]:
    """Return the user of the new session."""
    user: dict[str, Any] = call("GET /api/auth/me", bearer=token_of(response)).json["user"]
    return user


def begin_by_alias(call: Api, **query: str) -> Authorization:
    """Open the alias in a browser."""
    response = call(ALIAS, query=query)
    assert response.status == 302, response.text
    return Authorization(url=response.headers["location"], cookie=response.cookies[0].partition(";")[0])


def test_a_new_user_gets_an_account_and_a_session(call: Api, oauth_flow: OAuthFlow) -> None:
    response = oauth_flow.sign_in()
    user = user_of(call, response)

    assert response.status == 302
    assert urlsplit(response.headers["location"]).netloc == "api.example.com"
    assert (user["email"], user["emailVerified"], user["name"]) == ("ann@example.com", True, "Ann Google")


def test_a_second_sign_in_is_the_same_user_with_another_session(call: Api, oauth_flow: OAuthFlow) -> None:
    """The user's name here is not overwritten by the provider's."""
    first = user_of(call, oauth_flow.sign_in())

    assert user_of(call, oauth_flow.sign_in(name="Ann Married", picture="https://p.example/new.png")) == first
    assert len(call("GET /api/auth/list-sessions", bearer=token_of(oauth_flow.sign_in())).json) == 3


def test_the_session_is_accepted_as_token_jwt_and_cookie(call: Api, oauth_flow: OAuthFlow) -> None:
    response = oauth_flow.sign_in()
    token, cookie = token_of(response), response.cookies[0].partition(";")[0]
    jwt = call("GET /api/auth/token", bearer=token).json["token"]

    assert cookie.startswith("__Secure-better-auth.session_token=")
    assert [call("GET /api/tasks", bearer=shown).status for shown in (token, jwt)] == [200, 200]
    assert call("GET /api/tasks", cookies=[cookie]).status == 200


NAMES: list[tuple[object, object]] = [("Ann\x00\r\n\u2028\tSmith\x7f", "Ann Smith"), ("x" * 300, "x" * 100)]
NAMES += [("", ""), ("  Ann  ", "Ann"), (None, ""), (["Ann"], ""), ("Ann \U0001f600", "Ann \U0001f600")]
NAMES += [("Ann \ud83d", "Ann")]  # providers that cut UTF-16 leave half of an emoji
PICTURES: list[tuple[object, object]] = [("https://p.example/a.png",) * 2, ("data:image/webp;base64,UklGRg==", None)]
PICTURES += [
    (f"https://{rest}", None) for rest in ("", "/a.png", "ann@p.example/a", "p.example/a b", 'p.example/"x', "p\\x")
]
PICTURES += [("http://p.example/a.png", None), ("javascript:alert(1)", None)]
PICTURES += [(f"https://p.example/{'x' * 500}", None), (7, None), (None, None)]


def test_names_are_sanitized_and_only_allowed_pictures_are_stored(call: Api, oauth_flow: OAuthFlow) -> None:
    for number, (field, claim, given, shown) in enumerate(
        [*(("name", "name", *case) for case in NAMES), *(("image", "picture", *case) for case in PICTURES)]
    ):
        person = {"sub": f"{number}", "email": f"{number}@example.com", claim: given}
        assert user_of(call, oauth_flow.sign_in(**person))[field] == shown, given


def test_a_disabled_user_gets_no_session(call: Api, oauth_flow: OAuthFlow, cloud: Cloud) -> None:
    layer("accounts.changes").set_disabled(user_of(call, oauth_flow.sign_in())["id"], disabled=True)
    with tables_unchanged(cloud):
        assert error_of(oauth_flow.sign_in()) == "unable_to_create_session"


def test_where_sign_up_is_disabled_only_existing_users_can_sign_in(
    call: Api, oauth_flow: OAuthFlow, cloud: Cloud, settings: Callable[..., None]
) -> None:
    ann = user_of(call, oauth_flow.sign_in())
    settings(sign_up_enabled="false")
    with tables_unchanged(cloud):
        assert error_of(oauth_flow.sign_in(sub="2", email="bob@example.com")) == "signup_disabled"
    assert user_of(call, oauth_flow.sign_in()) == ann


# -- Redirects ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("requested", "back"),
    [
        ({"callbackURL": PAGE}, PAGE),
        ({"callbackURL": "/account"}, "/account"),
        ({"newUserCallbackURL": PAGE}, ""),
        ({}, ""),
    ],
)
def test_an_error_without_a_target_of_its_own_leads_back_by_our_page(
    call: Api, oauth_flow: OAuthFlow, people: People, requested: dict[str, str], back: str
) -> None:
    """To where the sign-in, or the linking, would have led. The path of the protocol stays."""
    ann = people.signed_in("ann")
    for route, bearer in ((SOCIAL, None), (LINK, ann.token)):
        response = oauth_flow.callback(oauth_flow.begin(route, bearer=bearer, **requested), error="access_denied")
        location = urlsplit(response.headers["location"])
        target = {"callbackURL": [back]} if back else {}
        assert f"{location.scheme}://{location.netloc}{location.path}" == "https://api.example.com/api/auth/error"
        assert parse_qs(location.query) == {"error": ["access_denied"]} | target
        page = call("GET /api/auth/error", query=location.query).headers["location"]
        led = back.replace("#", "&amp;error=access_denied#") if "?" in back else f"{back}?error=access_denied"
        assert f'href="{led if back else "/tasks"}"' in call("GET /error", query=urlsplit(page).query).text


@pytest.mark.parametrize(
    ("requested", "first", "again"),
    [
        ({"callbackURL": "/tasks"}, "/tasks", "/tasks"),
        ({"callbackURL": "/tasks", "newUserCallbackURL": "/account"}, "/account", "/tasks"),
        ({"newUserCallbackURL": "/account"}, "/account", "https://api.example.com"),
        ({"callbackURL": PAGE}, PAGE, PAGE),
        ({}, "https://api.example.com", "https://api.example.com"),
    ],
)
def test_the_redirect_goes_where_the_client_requested(
    oauth_flow: OAuthFlow, requested: dict[str, str], first: str, again: str
) -> None:
    for target in (first, again):
        assert oauth_flow.complete(oauth_flow.begin(**requested)).headers["location"] == target


def test_the_default_redirect_is_the_frontend(oauth_flow: OAuthFlow, settings: Callable[..., None]) -> None:
    settings(frontend_url="https://www.example.com/app")
    assert oauth_flow.sign_in().headers["location"] == "https://www.example.com/app"


@pytest.mark.parametrize(
    ("error", "description", "expected"),
    [
        ("access_denied", "No, thanks", "error=access_denied&error_description=No%2C+thanks"),
        ("access_denied", "<script>", "error=access_denied&error_description=%3Cscript%3E"),
        ("<script>alert(1)</script>", "", "error=provider_refused"),
        ("a\r\nset-cookie: b=c", "a\r\nset-cookie: b=c", "error=provider_refused"),
        ("x" * 65, "x" * 201, "error=provider_refused"),
        ("", "", "error=provider_refused"),
        ("access_denied", '"><img src=x>', "error=access_denied"),
        ("access_denied", "\u00fcn\0\u202e", "error=access_denied"),
    ],
)
def test_s_64_ghsa_9x4v_a_providers_error_is_passed_on_as_plain_text(
    call: Api, oauth_flow: OAuthFlow, error: str, description: str, expected: str
) -> None:
    """On our own page unless the client requested another."""
    query = {"error": error, "error_description": description}
    response = oauth_flow.callback(oauth_flow.begin(errorCallbackURL="/sign-in#x"), **query)
    plain = oauth_flow.callback(oauth_flow.begin(), **query)

    assert (response.status, response.headers["location"], response.text) == (302, f"/sign-in?{expected}#x", "")
    assert plain.headers["location"] == f"https://api.example.com/api/auth/error?{expected}"
    assert call("GET /api/auth/error", query=expected).headers["location"] == f"/error?error={error_of(plain)}"
    assert oauth_flow.provider.received == []


@pytest.mark.usefixtures("google")
def test_a_post_is_redirected_to_get(call: Api, cloud: Cloud) -> None:
    """S-63: whatever its cookies and origin, and with the known parameters only."""
    sent = {"code": "c/+ &", "state": "s", "error": "e", "error_description": "d", "iss": "i"}
    origin = {"origin": "https://accounts.evil.example", "sec-fetch-site": "cross-site"}

    for query, body in ((sent, {}), ({}, sent), (sent | {"a": "b"}, sent | {"code": "other", "user": "{}"})):
        request = {"query": query, "body": urlencode(body), "cookies": [f"{STATE}=x", "better-auth=y"]}
        response = call(POSTED, provider="google", headers=FORM | origin, **request)
        page, _, location_query = response.headers["location"].partition("?")
        assert (response.status, page, response.cookies) == (302, "/api/auth/callback/google", [])
        assert (dict(parse_qsl(location_query)), call.aws_operations) == (sent, [])

    assert not any(all_rows(cloud).values())


def test_a_post_signs_in_by_the_get_that_follows(call: Api, oauth_flow: OAuthFlow) -> None:
    sent = oauth_flow.begin()
    body = urlencode({"state": sent.query["state"], "code": oauth_flow.provider.authorize(sent.url)})
    query = call(POSTED, provider="google", body=body, headers=FORM).headers["location"].partition("?")[2]

    assert user_of(call, call(CALLBACK, provider="google", query=query, cookies=[sent.cookie]))


@pytest.mark.usefixtures("google")
def test_an_invalid_post_is_redirected_without_parameters(call: Api) -> None:
    for body in ("", "%ff=%ff", "\u00fc=\0&state", "a=b;" * 1_000, "{}"):
        response = call(POSTED, provider="google", body=body, headers=FORM)
        assert (response.status, response.headers["location"]) == (302, "/api/auth/callback/google?")


# -- The alias and cookies --------------------------------------------------------------


def test_the_alias_signs_in_a_browser(call: Api, google: Provider) -> None:
    sent = begin_by_alias(call, redirect_uri="/tasks")
    query = {"state": sent.query["state"], "code": google.authorize(sent.url)}

    response = call(ALIAS_CALLBACK, query=query, cookies=[sent.cookie])
    assert sent.url.startswith(f"{google.url}/authorize?")
    assert sent.query["redirect_uri"] == "https://api.example.com/api/auth/oauth/google/callback"
    assert response.headers["location"] == "/tasks"
    assert user_of(call, response)["email"] == "ann@example.com"


INVALID = [({"state": []}, "STATE_NOT_FOUND"), ({"state": ""}, "STATE_NOT_FOUND"), ({"state": "x"}, "STATE_MISMATCH")]
INVALID += [({"code": []}, "NO_CODE"), ({"code": ""}, "NO_CODE"), ({"code": "a guess"}, "INVALID_CODE")]


@pytest.mark.parametrize(("change", "code"), [*INVALID, ({"error": "access_denied"}, None)])
def test_s_56_an_invalid_state_or_code_is_a_bad_request_under_the_alias(
    call: Api, oauth_flow: OAuthFlow, cloud: Cloud, change: dict[str, Any], code: str | None
) -> None:
    """The callback redirects with the error, and so do both for any other error."""
    alias, sent = begin_by_alias(call), oauth_flow.begin()
    by_alias, response = (
        call(route, query={"state": flow.query["state"], "code": "x"} | change, cookies=[flow.cookie], **path)
        for flow, route, path in ((alias, ALIAS_CALLBACK, {}), (sent, CALLBACK, {"provider": "google"}))
    )

    assert (by_alias.status, by_alias.code) == (400 if code else 302, code)
    assert error_of(response) == (code or "access_denied").lower()
    assert not any("set-auth-token" in flow.headers for flow in (by_alias, response))
    assert rows(cloud, "UsersTable") == rows(cloud, "SessionsTable") == []


@pytest.mark.usefixtures("google")
@pytest.mark.parametrize(("same_site", "of_state"), [("lax", "Lax"), ("strict", "Lax"), ("none", "None")])
def test_the_states_cookie_allows_the_return_from_another_site(
    call: Api, settings: Callable[..., None], same_site: str, of_state: str
) -> None:
    settings(cookie_same_site=same_site)

    begun = call(SOCIAL, json={"provider": "google"})
    (cookie,) = begun.cookies
    back = {"state": dict(parse_qsl(urlsplit(begun.json["url"]).query))["state"], "error": "access_denied"}
    (cleared,) = call(CALLBACK, provider="google", query=back, cookies=[cookie.partition(";")[0]]).cookies

    attributes = f"Path=/; HttpOnly; Secure; SameSite={of_state}"
    assert cookie.startswith(f"{STATE}=")
    assert cookie.partition("; ")[2] == f"Max-Age=300; {attributes}"
    assert cleared == f"{STATE}=; Max-Age=0; {attributes}"


@pytest.mark.parametrize(("limits", "devices"), [("on", 1), ("off", 0)])
def test_the_browser_becomes_a_known_device(
    oauth_flow: OAuthFlow, settings: Callable[..., None], limits: str, devices: int
) -> None:
    settings(rate_limits=limits)
    cookies = oauth_flow.sign_in().cookies

    assert len([cookie for cookie in cookies if cookie.startswith("__Secure-gatehouse.device=")]) == devices
    assert cookies[-1].startswith(f"{STATE}=; Max-Age=0")
