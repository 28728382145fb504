"""Redirect targets: only paths, and pages of trusted origins, are accepted."""

from collections.abc import Callable
from itertools import product

import pytest

from gatehouse_dev.cloud import Cloud
from tests.layer.every_route import all_of, function, send_request
from tests.support.auth_calls import sign_up
from tests.support.calls import Api
from tests.support.mailbox import Mailbox
from tests.support.people import PASSWORD, People
from tests.support.routes import API, PAGES
from tests.support.tables import all_rows

HOSTILE = [
    *("https://evil.example", "http://app.example.com", "//evil.example", "///evil.example", "/\\evil.example"),
    *("\\\\evil.example", "/\t/evil.example", "/\n/evil.example", "/%2fevil.example", "/%2F%2Fevil.example"),
    *("/%5cevil.example", "/a/%5C..//evil.example", " /home", " https://evil.example", "https:evil.example"),
    *("https:/evil.example", "https:///evil.example", "https://app.example.com@evil.example"),
    *("https://app.example.com:pw@evil.example", "https://app.example.com%40evil.example"),
    *("https://app.example.com.evil.example", "https://app.example.com%2eevil.example"),
    *("https://app.example.com\\@evil.example", "https://app.example.com\\.evil.example"),
    *("https://evil.example#app.example.com", "https://evil.example?app.example.com"),
    *("https://evil.example/.app.example.com", "https://sub.app.example.com", "https://app.example.com:8443/"),
    *("https://app.example.com:x/", "https://app\u3002example.com"),
    *("https://app.example.com\uff0fevil.example", "https://\uff41pp.example.com", "https://[::1"),
    *("javascript:alert(1)", "javascript://app.example.com/%0aalert(1)", "JaVaScRiPt:alert(1)"),
    *("java\nscript:alert(1)", "data:text/html,<script>alert(1)</script>", "vbscript:x", "file:///etc/passwd"),
    *("ftp://app.example.com", "evil.example", "home", "?a=b", "\0/home", "/home\0"),
    *("/home\r\nSet-Cookie: a=b",),
]
TRUSTED = [
    *("/", "/tasks?next=//x#y", "/home?next=//x#y", "https://app.example.com", "https://app.example.com:443/a?b=%2f#c"),
    *("https://api.example.com/x",),
]
CODES = {
    "callbackURL": "INVALID_CALLBACK_URL",
    "redirectTo": "INVALID_REDIRECT_URL",
    "errorCallbackURL": "INVALID_ERROR_CALLBACK_URL",
    "newUserCallbackURL": "INVALID_NEW_USER_CALLBACK_URL",
}
BODY = {"email": "ann@example.com", "password": "correct horse battery"}
BY_BODY = [
    "POST /api/auth/sign-up/email",
    "POST /api/auth/sign-in/email",
    "POST /api/auth/send-verification-email",
    "POST /api/auth/request-password-reset",
]


@all_of(BY_BODY)
@pytest.mark.parametrize("name", CODES)
def test_cve_2025_71403_an_untrusted_target_in_a_body_is_refused(
    call: Api, cloud: Cloud, routes: list[str], name: str
) -> None:
    """S-63; nothing is read, written or mailed."""
    for route, url in product(routes, HOSTILE):
        response = call(route, json=BODY | {name: url})
        assert (response.status, response.code, call.aws_operations) == (403, CODES[name], []), url
        assert "location" not in response.headers

    assert all_rows(cloud)["TokensTable"] == []


@pytest.mark.parametrize("headers", [{"accept": "text/html"}, {"sec-fetch-mode": "cors"}], ids=["browser", "script"])
@pytest.mark.parametrize("route", ["GET /api/auth/verify-email", "GET /api/auth/reset-password/{token}"])
def test_cve_2024_56734_an_untrusted_target_in_a_mailed_link_is_refused(
    call: Api, mailbox: Mailbox, cloud: Cloud, route: str, headers: dict[str, str]
) -> None:
    """CVE-2025-27143 and CVE-2025-53535, too: on every route that redirects."""
    sign_up(call, "ann@example.com")
    token = mailbox.last.token
    before = all_rows(cloud)

    for url in HOSTILE:
        response = send_request(call, route, headers=headers, query={"token": token, "callbackURL": url})
        assert (response.status, response.code, call.aws_operations) == (403, "INVALID_CALLBACK_URL", []), url
        assert "location" not in response.headers

    assert all_rows(cloud) == before


def test_every_target_in_a_query_is_checked(call: Api) -> None:
    for query in ("callbackURL=/home&callbackURL=//evil.example", "callbackURL=//evil.example&callbackURL=/home"):
        response = call("GET /api/auth/verify-email", query=f"token=x&{query}")
        assert (response.status, response.code) == (403, "INVALID_CALLBACK_URL")


@pytest.mark.parametrize("url", TRUSTED)
def test_trusted_targets_are_accepted(call: Api, mailbox: Mailbox, url: str) -> None:
    """A path that is no page of ours is home."""
    sign_up(call, "ann@example.com")

    response = call("GET /api/auth/verify-email", query={"token": mailbox.last.token, "callbackURL": url})

    assert (response.status, response.headers["location"]) == (302, "/" if url.startswith("/home") else url)


@pytest.mark.parametrize("value", [1, True, ["/home"], {"url": "/home"}])
def test_cve_2022_31093_a_target_that_is_no_string_is_invalid_input(call: Api, value: object) -> None:
    response = call("POST /api/auth/request-password-reset", json=BODY | {"redirectTo": value})

    assert (response.status, response.code) == (400, "VALIDATION_ERROR")


@pytest.mark.parametrize("origin", ["https://*.example.org", "*.example.org"])
def test_a_pattern_matches_no_url_that_only_ends_like_it(call: Api, settings: Callable[..., None], origin: str) -> None:
    settings(trusted_origins=origin)

    for url in ("https://malicious.com?.example.org", "https://malicious.com/.example.org", "https://a@b.example.org"):
        assert call("POST /api/auth/sign-in/email", json=BODY | {"callbackURL": url}).code == "INVALID_CALLBACK_URL"


# -- Other names of the fields ------------------------------------------------------

WITH_BODY = sorted(route for route in API | PAGES if route.startswith(("POST", "PUT", "PATCH")))
SPELLINGS = [*CODES, "callback_url", "redirect_to", "error_callback_url", "new_user_callback_url"]
SPELLINGS += ["CALLBACKURL", "redirect_To"]
EVIL = "https://evil.example/collect"
VALID = {
    "password": PASSWORD,
    "newEmail": "new@example.com",
    "currentPassword": PASSWORD,
    "newPassword": PASSWORD,
    "name": "Ann",
    "title": "x",
}


@all_of(WITH_BODY, function)
@pytest.mark.parametrize(
    "name", ["callbackURL", *(pytest.param(name, marks=pytest.mark.slow) for name in SPELLINGS[1:])]
)
def test_cve_2025_71403_no_route_accepts_an_untrusted_target_under_any_name(  # noqa: PLR0917 -- four fixtures and two columns
    call: Api, people: People, mailbox: Mailbox, settings: Callable[..., None], routes: list[str], name: str
) -> None:
    """S-63: also under the names that fields have inside."""
    settings(delete_user_by_mail="true")
    ann = people.verified()
    sign_up(call, "pending@example.com")

    for number, route in enumerate(routes):
        bearer = people.sign_in(ann).token  # some routes end the session
        for email in (ann, "pending@example.com", f"{number}@example.com"):
            response = send_request(call, route, json=VALID | {"email": email, "token": "x", name: EVIL}, bearer=bearer)
            assert "evil.example" not in response.text + str(response.headers), route

    assert not [mail for mail in mailbox.all if "evil.example" in mail.text + mail.html]


@pytest.mark.parametrize("name", SPELLINGS)
def test_an_untrusted_target_is_refused_under_any_spelling(call: Api, name: str) -> None:
    """In case a body is parsed by another name."""
    for sent in ({"json": BODY | {name: EVIL}}, {"json": BODY, "query": {name: EVIL}}):
        response = call("POST /api/auth/request-password-reset", **sent)
        assert (response.status, call.aws_operations) == (403, [])


@pytest.mark.parametrize("name", ["callback_url", "redirect_to"])
def test_a_field_is_only_parsed_by_its_wire_name(call: Api, people: People, mailbox: Mailbox, name: str) -> None:
    """Otherwise a checked value could differ from the used one."""
    email = people.verified()

    call("POST /api/auth/request-password-reset", json={"email": email, name: "/mine"})
    call("POST /api/auth/sign-up/email", json=BODY | {"email": "bob@example.com", name: "/mine"})
    response = call("POST /api/auth/sign-in/email", json={"email": email, "password": PASSWORD, name: "/mine"})

    assert (response.status, response.json["redirect"]) == (200, False)
    assert [mail for mail in mailbox.all if "mine" in mail.text] == []
