"""GET, POST /api/auth/callback/{provider}: back from a provider's page, with a session or with an error."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.calls import Api, Response
from tests.support.layer import layer
from tests.support.oauth_flow import CALLBACK, SOCIAL, Authorization, OAuthFlow, error_of, token_of
from tests.support.provider import Provider
from tests.support.tables import all_rows, rows, tables_unchanged

POSTED = "POST /api/auth/callback/{provider}"
ALIAS, BACK_TO_ALIAS = "GET /api/auth/oauth/google", "GET /api/auth/oauth/google/callback"
FORM = {"content-type": "application/x-www-form-urlencoded"}
STATE = "__Secure-better-auth.state"
PAGE = "https://app.example.com/a?b=c#d"


def user_of(call: Api, answer: Response) -> dict[str, Any]:
    """Who came in."""
    user: dict[str, Any] = call("GET /api/auth/me", bearer=token_of(answer)).json["user"]
    return user


def goes_by_the_alias(call: Api, **query: str) -> Authorization:
    """A browser that opens the alias by itself."""
    answer = call(ALIAS, query=query)
    assert answer.status == 302, answer.text
    return Authorization(url=answer.headers["location"], cookie=answer.cookies[0].partition(";")[0])


def test_a_new_person_gets_an_account_and_a_session(call: Api, oauth_flow: OAuthFlow) -> None:
    answer = oauth_flow.sign_in()
    user = user_of(call, answer)

    assert answer.status == 302
    assert urlsplit(answer.headers["location"]).netloc == "api.example.com"
    assert (user["email"], user["emailVerified"], user["name"]) == ("ann@example.com", True, "Ann Google")


def test_a_returning_person_is_the_same_user_with_one_more_session(call: Api, oauth_flow: OAuthFlow) -> None:
    """What they are called here is theirs to change, not the provider's."""
    first = user_of(call, oauth_flow.sign_in())

    assert user_of(call, oauth_flow.sign_in(name="Ann Married", picture="https://p.example/new.png")) == first
    assert len(call("GET /api/auth/list-sessions", bearer=token_of(oauth_flow.sign_in())).json) == 3


def test_the_session_opens_what_is_theirs_however_it_is_shown(call: Api, oauth_flow: OAuthFlow) -> None:
    answer = oauth_flow.sign_in()
    token, cookie = token_of(answer), answer.cookies[0].partition(";")[0]
    jwt = call("GET /api/auth/token", bearer=token).json["token"]

    assert cookie.startswith("__Secure-better-auth.session_token=")
    assert [call("GET /api/tasks", bearer=shown).status for shown in (token, jwt)] == [200, 200]
    assert call("GET /api/tasks", cookies=[cookie]).status == 200


NAMES: list[tuple[object, object]] = [("Ann\x00\r\n\u2028\tSmith\x7f", "Ann Smith"), ("x" * 300, "x" * 100)]
NAMES += [("", ""), ("  Ann  ", "Ann"), (None, ""), (["Ann"], ""), ("Ann \U0001f600", "Ann \U0001f600")]
NAMES += [("Ann \ud83d", "Ann")]  # half of an emoji is what a provider leaves that cuts UTF-16
PICTURES: list[tuple[object, object]] = [("https://p.example/a.png",) * 2, ("data:image/webp;base64,UklGRg==", None)]
PICTURES += [("http://p.example/a.png", None), ("javascript:alert(1)", None)]
PICTURES += [(f"https://p.example/{'x' * 500}", None), (7, None), (None, None)]


def test_a_name_is_made_presentable_and_only_a_picture_that_we_would_take_is_kept(
    call: Api, oauth_flow: OAuthFlow
) -> None:
    for number, (field, claim, given, shown) in enumerate(
        [*(("name", "name", *case) for case in NAMES), *(("image", "picture", *case) for case in PICTURES)]
    ):
        person = {"sub": f"{number}", "email": f"{number}@example.com", claim: given}
        assert user_of(call, oauth_flow.sign_in(**person))[field] == shown, given


def test_who_is_shut_out_gets_no_session(call: Api, oauth_flow: OAuthFlow, cloud: Cloud) -> None:
    layer("accounts.changes").set_disabled(user_of(call, oauth_flow.sign_in())["id"], disabled=True)
    with tables_unchanged(cloud):
        assert error_of(oauth_flow.sign_in()) == "unable_to_create_session"


def test_where_sign_up_is_closed_only_known_people_come_in(
    call: Api, oauth_flow: OAuthFlow, cloud: Cloud, settings: Callable[..., None]
) -> None:
    ann = user_of(call, oauth_flow.sign_in())
    settings(sign_up_enabled="false")
    with tables_unchanged(cloud):
        assert error_of(oauth_flow.sign_in(sub="2", email="bob@example.com")) == "signup_disabled"
    assert user_of(call, oauth_flow.sign_in()) == ann


# -- Where it leads -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "first", "again"),
    [
        ({"callbackURL": "/home"}, "/home", "/home"),
        ({"callbackURL": "/home", "newUserCallbackURL": "/welcome"}, "/welcome", "/home"),
        ({"newUserCallbackURL": "/welcome"}, "/welcome", "https://api.example.com"),
        ({"callbackURL": PAGE}, PAGE, PAGE),
        ({}, "https://api.example.com", "https://api.example.com"),
    ],
)
def test_it_leads_to_where_the_client_asked(
    oauth_flow: OAuthFlow, asked: dict[str, str], first: str, again: str
) -> None:
    for target in (first, again):
        assert oauth_flow.complete(oauth_flow.begin(**asked)).headers["location"] == target


def test_it_leads_to_the_frontend_unless_the_client_asked(oauth_flow: OAuthFlow, settings: Callable[..., None]) -> None:
    settings(frontend_url="https://www.example.com/app")
    assert oauth_flow.sign_in().headers["location"] == "https://www.example.com/app"


@pytest.mark.parametrize(
    ("error", "description", "told"),
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
def test_s_64_ghsa_9x4v_an_error_of_the_providers_is_told_as_plain_text(
    call: Api, oauth_flow: OAuthFlow, error: str, description: str, told: str
) -> None:
    """On our own page unless the client asked for another."""
    query = {"error": error, "error_description": description}
    answer = oauth_flow.callback(oauth_flow.begin(errorCallbackURL="/oops#x"), **query)
    plain = oauth_flow.callback(oauth_flow.begin(), **query)

    assert (answer.status, answer.headers["location"], answer.text) == (302, f"/oops?{told}#x", "")
    assert plain.headers["location"] == f"https://api.example.com/api/auth/error?{told}"
    assert call("GET /api/auth/error", query=told).headers["location"] == f"/error?error={error_of(plain)}"
    assert oauth_flow.provider.received == []


def test_a_post_is_answered_by_the_way_to_get_it(call: Api, cloud: Cloud) -> None:
    """S-63: whatever cookies and origin come along, and with nothing but the parameters that are known."""
    sent = {"code": "c/+ &", "state": "s", "error": "e", "error_description": "d", "iss": "i"}
    origin = {"origin": "https://accounts.evil.example", "sec-fetch-site": "cross-site"}

    for query, body in ((sent, {}), ({}, sent), (sent | {"a": "b"}, sent | {"code": "other", "user": "{}"})):
        request = {"query": query, "body": urlencode(body), "cookies": [f"{STATE}=x", "better-auth=y"]}
        answer = call(POSTED, provider="google", headers=FORM | origin, **request)
        page, _, led = answer.headers["location"].partition("?")
        assert (answer.status, page, answer.cookies) == (302, "/api/auth/callback/google", [])
        assert (dict(parse_qsl(led)), call.aws_operations) == (sent, [])

    assert not any(all_rows(cloud).values())


def test_who_comes_by_a_post_gets_in_by_the_get_after_it(call: Api, oauth_flow: OAuthFlow) -> None:
    sent = oauth_flow.begin()
    body = urlencode({"state": sent.query["state"], "code": oauth_flow.provider.authorize(sent.url)})
    query = call(POSTED, provider="google", body=body, headers=FORM).headers["location"].partition("?")[2]

    assert user_of(call, call(CALLBACK, provider="google", query=query, cookies=[sent.cookie]))


def test_a_post_of_nonsense_leads_on_with_nothing(call: Api) -> None:
    for body in ("", "%ff=%ff", "\u00fc=\0&state", "a=b;" * 50_000, "{}"):
        answer = call(POSTED, provider="google", body=body, headers=FORM)
        assert (answer.status, answer.headers["location"]) == (302, "/api/auth/callback/google?")


# -- The alias, and cookies --------------------------------------------------------------


def test_the_alias_leads_a_browser_there_and_back(call: Api, google: Provider) -> None:
    sent = goes_by_the_alias(call, redirect_uri="/home")
    query = {"state": sent.query["state"], "code": google.authorize(sent.url)}

    answer = call(BACK_TO_ALIAS, query=query, cookies=[sent.cookie])
    assert sent.url.startswith(f"{google.url}/authorize?")
    assert sent.query["redirect_uri"] == "https://api.example.com/api/auth/oauth/google/callback"
    assert answer.headers["location"] == "/home"
    assert user_of(call, answer)["email"] == "ann@example.com"


BAD = [({"state": []}, "STATE_NOT_FOUND"), ({"state": ""}, "STATE_NOT_FOUND"), ({"state": "x"}, "STATE_MISMATCH")]
BAD += [({"code": []}, "NO_CODE"), ({"code": ""}, "NO_CODE"), ({"code": "a guess"}, "INVALID_CODE")]


@pytest.mark.parametrize(("change", "code"), [*BAD, ({"error": "access_denied"}, None)])
def test_s_56_a_bad_state_or_code_is_a_bad_request_under_the_alias(
    call: Api, oauth_flow: OAuthFlow, cloud: Cloud, change: dict[str, Any], code: str | None
) -> None:
    """The callback tells of it where errors are told, and so do both of all else."""
    alias, sent = goes_by_the_alias(call), oauth_flow.begin()
    by_alias, answer = (
        call(route, query={"state": it.query["state"], "code": "x"} | change, cookies=[it.cookie], **path)
        for it, route, path in ((alias, BACK_TO_ALIAS, {}), (sent, CALLBACK, {"provider": "google"}))
    )

    assert (by_alias.status, by_alias.code) == (400 if code else 302, code)
    assert error_of(answer) == (code or "access_denied").lower()
    assert not any("set-auth-token" in it.headers for it in (by_alias, answer))
    assert rows(cloud, "UsersTable") == rows(cloud, "SessionsTable") == []


@pytest.mark.usefixtures("google")
@pytest.mark.parametrize(("same_site", "of_state"), [("lax", "Lax"), ("strict", "Lax"), ("none", "None")])
def test_the_states_cookie_survives_the_way_back_from_another_site(
    call: Api, settings: Callable[..., None], same_site: str, of_state: str
) -> None:
    settings(cookie_same_site=same_site)

    begun = call(SOCIAL, json={"provider": "google"})
    (cookie,) = begun.cookies
    back = {"state": dict(parse_qsl(urlsplit(begun.json["url"]).query))["state"], "error": "access_denied"}
    (gone,) = call(CALLBACK, provider="google", query=back, cookies=[cookie.partition(";")[0]]).cookies

    attributes = f"Path=/; HttpOnly; Secure; SameSite={of_state}"
    assert cookie.startswith(f"{STATE}=")
    assert cookie.partition("; ")[2] == f"Max-Age=300; {attributes}"
    assert gone == f"{STATE}=; Max-Age=0; {attributes}"


@pytest.mark.parametrize(("limits", "devices"), [("on", 1), ("off", 0)])
def test_the_browser_is_known_from_then_on(
    oauth_flow: OAuthFlow, settings: Callable[..., None], limits: str, devices: int
) -> None:
    settings(rate_limits=limits)
    cookies = oauth_flow.sign_in().cookies

    assert len([cookie for cookie in cookies if cookie.startswith("__Secure-gatehouse.device=")]) == devices
    assert cookies[-1].startswith(f"{STATE}=; Max-Age=0")
