"""A path as `callbackURL`, without `FrontendUrl`: a page of the trusted site that asked, else a hosted page."""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.auth_calls import request_reset, sign_up
from tests.support.calls import Api, Response
from tests.support.mailbox import Mailbox
from tests.support.mailed_links import OPENED
from tests.support.oauth_flow import CALLBACK, LINK, SOCIAL
from tests.support.people import PASSWORD, People, Person
from tests.support.provider import Provider

APP, OURS, PREVIEW = "https://app.example.com", "https://api.example.com", "https://preview.vercel.example"
SITES = {
    "an origin": ({"origin": APP}, APP),
    "a page": ({"referer": f"{APP}/sign-up?next=/x"}, APP),
    "an origin, whatever the page": ({"origin": APP, "referer": f"{PREVIEW}/"}, APP),
    "a port written out": ({"origin": "https://APP.example.com:443"}, APP),
    "our own host, which a frontend shares": ({"origin": OURS}, OURS),
    "our own host, by a browser that hides it": ({"origin": "null", "sec-fetch-site": "same-origin"}, OURS),
}
NOWHERE = {
    "nobody": {},
    "a browser that hides it": {"origin": "null", "sec-fetch-site": "cross-site"},
    "a stranger": {"origin": "https://evil.example"},
    "a page of a stranger": {"referer": "https://evil.example/https://app.example.com"},
    "a stranger on a trusted page": {"origin": "https://evil.example", "referer": f"{APP}/"},
    "a host that begins like a trusted one": {"origin": "https://app.example.com.evil.example"},
    "an app": {"origin": "myapp://"},
}
ALIAS_CALLBACK = "GET /api/auth/oauth/google/callback"
PATH = "/welcome?a=b#c"
MAILED = {
    "sign-up/email": {"email": "new@example.com", "password": PASSWORD, "callbackURL": PATH},
    "send-verification-email": {"email": "pending@example.com", "callbackURL": PATH},
    "sign-in/email": {"email": "pending@example.com", "password": PASSWORD, "callbackURL": PATH},
    "request-password-reset": {"email": "ann@example.com", "redirectTo": PATH},
    "change-email": {"newEmail": "new@example.com", "callbackURL": PATH},
    "delete-user": {"callbackURL": PATH},
}


@pytest.fixture
def ask(call: Api, mailbox: Mailbox, people: People, settings: Callable[..., None]) -> Callable[..., str]:
    """Call a route with a path as target, as a site's script does, and return the target in the mailed link."""
    settings(
        delete_user_by_mail="true",
        send_verification_on_sign_in="true",
        trusted_origins="https://*.vercel.example,myapp://",
    )
    ann = people.signed_in("ann")
    sign_up(call, "pending@example.com")

    def asked(path: str, headers: dict[str, str], **changed: str) -> str:
        before = len(mailbox.all)
        bearer = ann.token if path in {"change-email", "delete-user"} else None
        call(f"POST /api/auth/{path}", json=MAILED[path] | changed, headers=headers, bearer=bearer)
        (mail,) = mailbox.all[before:]
        return parse_qs(urlsplit(mail.link).query).get("callbackURL", [""])[0]

    return asked


@pytest.mark.parametrize("path", MAILED)
def test_a_mailed_link_leads_to_the_site_that_asked(ask: Callable[..., str], path: str) -> None:
    assert ask(path, {"origin": APP}) == f"{APP}{PATH}"


@pytest.mark.parametrize(("headers", "site"), SITES.values(), ids=SITES)
def test_the_site_is_the_origin_or_else_the_page(ask: Callable[..., str], headers: dict[str, str], site: str) -> None:
    assert ask("request-password-reset", headers) == f"{site}{PATH}"


@pytest.mark.parametrize("headers", NOWHERE.values(), ids=NOWHERE)
def test_from_nowhere_a_path_is_a_hosted_page_or_none(ask: Callable[..., str], headers: dict[str, str]) -> None:
    """Never JSON about an unknown path."""
    for target, kept in (
        (PATH, ""),
        ("/tasks?a=b#c", "/tasks?a=b#c"),
        ("/dashboard", "/dashboard"),
        ("/api/tasks", ""),
    ):
        assert ask("request-password-reset", headers, redirectTo=target) == kept


@pytest.mark.parametrize("path", ["sign-up/email", "request-password-reset"])
def test_mail_to_an_unproven_address_does_not_lead_to_a_site_that_a_pattern_matched(
    ask: Callable[..., str], path: str
) -> None:
    """Whoever orders it may own that site. An owner's mail may lead there."""
    allowed = {"sign-up/email": "", "request-password-reset": f"{PREVIEW}{PATH}"}

    assert ask(path, {"origin": PREVIEW}) == allowed[path]


@pytest.mark.usefixtures("ask")
def test_the_answer_of_a_sign_in_repeats_the_path(call: Api) -> None:
    body = {"email": "ann@example.com", "password": PASSWORD, "callbackURL": PATH}

    response = call("POST /api/auth/sign-in/email", json=body, headers={"origin": APP})

    assert (response.json["url"], response.headers["location"]) == (PATH, PATH)


def test_a_path_and_its_site_are_as_long_together_as_a_target_may_be(call: Api, ask: Callable[..., str]) -> None:
    """So the mailed link works."""
    path = "/" + "x" * (3072 - len(APP) - 1)

    assert ask("request-password-reset", {"origin": APP}, redirectTo=path) == f"{APP}{path}"
    assert call("GET /api/auth/reset-password/{token}", token="x", query={"callbackURL": f"{APP}{path}"}).status == 302
    body = {"email": "ann@example.com", "redirectTo": f"{path}x"}
    refused = call("POST /api/auth/request-password-reset", json=body, headers={"origin": APP})
    assert refused.code == "INVALID_REDIRECT_URL"


# -- Providers -------------------------------------------------------------------------


def back(call: Api, google: Provider, begun: Response, url: str, *, deny: bool = False, route: str = CALLBACK) -> str:
    """Come back from the provider, and return where to."""
    query = {"state": parse_qs(urlsplit(url).query)["state"][0]}
    query |= {"error": "access_denied"} if deny else {"code": google.authorize(url)}
    cookie = begun.cookies[0].partition(";")[0]
    return call(route, provider="google", query=query, cookies=[cookie]).headers["location"]


@pytest.mark.parametrize(
    ("headers", "site"), [({"origin": APP}, APP), ({"origin": OURS}, OURS)], ids=["its own", "shared"]
)
def test_a_sign_in_at_a_provider_leads_to_the_site_that_asked(
    call: Api, google: Provider, headers: dict[str, str], site: str
) -> None:
    for deny, targets, led in (
        (False, {"callbackURL": PATH}, f"{site}{PATH}"),
        (False, {"callbackURL": "/x", "newUserCallbackURL": "/new"}, f"{site}/x"),  # a user by then
        (True, {"callbackURL": "/x", "errorCallbackURL": "/no?a#b"}, f"{site}/no?a&error=access_denied#b"),
    ):
        begun = call(SOCIAL, json={"provider": "google"} | targets, headers=headers)
        assert back(call, google, begun, begun.json["url"], deny=deny) == led


def test_a_new_user_is_led_to_the_site_that_asked(call: Api, google: Provider) -> None:
    body = {"provider": "google", "newUserCallbackURL": "/new", "callbackURL": "/x"}
    begun = call(SOCIAL, json=body, headers={"origin": APP})

    assert back(call, google, begun, begun.json["url"]) == f"{APP}/new"


def test_linking_leads_to_the_site_that_asked(call: Api, google: Provider, people: People) -> None:
    ann, body = people.signed_in("ann"), {"provider": "google", "callbackURL": PATH}
    begun = call(LINK, json=body, headers={"origin": APP}, bearer=ann.token)

    assert back(call, google, begun, begun.json["url"]) == f"{APP}{PATH}"


def test_the_alias_leads_to_the_page_that_linked_to_it(call: Api, google: Provider) -> None:
    """A browser that opens a link sends no origin, but the site of the page."""
    query = {"redirect_uri": PATH}
    for headers, led in (({"referer": f"{APP}/"}, f"{APP}{PATH}"), ({}, OURS)):
        begun = call("GET /api/auth/oauth/google", query=query, headers=headers)
        assert back(call, google, begun, begun.headers["location"], route=ALIAS_CALLBACK) == led


@pytest.mark.parametrize("target", ["/nowhere", "/api/auth/get-session"])
def test_a_provider_never_leads_to_an_unknown_path(call: Api, google: Provider, target: str) -> None:
    targets = {"callbackURL": target, "errorCallbackURL": target, "newUserCallbackURL": target}
    for deny, led in ((False, OURS), (True, f"{OURS}/api/auth/error?error=access_denied")):
        begun = call(SOCIAL, json={"provider": "google"} | targets)
        assert back(call, google, begun, begun.json["url"], deny=deny) == led


# -- Links with a path, as in mails of before ---------------------------------------------


@pytest.mark.parametrize(("path", "kept"), [(PATH, ""), ("/tasks?a=b", "&callbackURL=%2Ftasks%3Fa%3Db")])
def test_who_opens_a_link_is_led_to_its_page(call: Api, ann: Person, mailbox: Mailbox, path: str, kept: str) -> None:
    """Whatever site shows the link: it did not ask for the mail."""
    token = request_reset(call, mailbox, ann.email)
    opened: dict[str, Any] = {"headers": OPENED["navigation"] | {"referer": f"{APP}/"}}
    query = {"token": "x", "callbackURL": path}

    verifying = call("GET /api/auth/verify-email", query=query, **opened).headers["location"]
    deleting = call("GET /api/auth/delete-user/callback", query=query, **opened).headers["location"]
    resetting = call("GET /api/auth/reset-password/{token}", token=token, query={"callbackURL": path}, **opened)

    assert verifying == f"{OURS}/verify-email?token=x{kept}"
    assert deleting == f"{OURS}/delete-account?token=x{kept}"
    page = f"{OURS}/tasks?a=b&token=" if kept else f"{OURS}/reset-password?token="
    assert resetting.headers["location"] == f"{page}{token}"
