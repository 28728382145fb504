"""Which sites may call with a cookie: a request that a browser was tricked into reaches no table."""

from collections.abc import Callable

import pytest

from tests.layer.every_route import each, function
from tests.support.auth_calls import sign_in
from tests.support.calls import Api
from tests.support.people import People

OURS = ["https://app.example.com", "https://api.example.com", "https://APP.example.com", "https://app.example.com:443"]
FOREIGN = [
    *("https://evil.example", "http://app.example.com", "https://app.example.com.evil.example"),
    *("https://evil.example/app.example.com", "https://app.example.com@evil.example"),
    *("https://sub.app.example.com", "https://app.example.com:8443", "https://malicious.com?.example.com"),
    *("https://app.example.com\\.evil.example", "app.example.com", "file://"),
    *("chrome-extension://app.example.com", "https://[", "\xff"),
]
CSRF = ["POST /api/auth/sign-out", "POST /api/auth/sign-in/email", "POST /api/auth/reset-password", "POST /api/tasks"]
LOGINS = [
    f"POST /api/auth/{path}" for path in ("sign-in/email", "signin", "login", "sign-up/email", "signup", "register")
]
BODY = {"email": "ann@example.com", "password": "correct horse battery"}


@each(CSRF)
def test_a_cookie_without_an_origin_or_from_another_site_is_refused_before_anything_is_read(
    call: Api, route: str
) -> None:
    """S-23."""
    refused: list[tuple[dict[str, str], str]] = [({}, "MISSING_OR_NULL_ORIGIN")]
    refused += [({"origin": origin}, "MISSING_OR_NULL_ORIGIN") for origin in ("null", "")]
    refused += [({header: origin}, "INVALID_ORIGIN") for header in ("origin", "referer") for origin in FOREIGN]

    for headers, code in refused:
        answer = call(route, json=BODY, cookies=["theme=dark"], headers=headers)
        assert (answer.status, answer.code, call.aws_operations) == (403, code, []), headers


def test_a_cookie_from_our_own_sites_is_welcome(call: Api, people: People) -> None:
    cookie = people.signed_in().cookie

    for headers in ({header: origin} for header in ("origin", "referer") for origin in OURS):
        assert call("POST /api/tasks", json={"title": "x"}, cookies=[cookie], headers=headers).status == 201, headers


def test_a_foreign_origin_is_not_excused_by_our_referer(call: Api) -> None:
    headers = {"origin": FOREIGN[0], "referer": OURS[0]}

    assert call("POST /api/auth/sign-out", cookies=["a=b"], headers=headers).code == "INVALID_ORIGIN"


@pytest.mark.parametrize(("site", "status"), [("same-origin", 200), ("cross-site", 403), ("same-site", 403)])
def test_a_null_origin_counts_only_from_ourselves(call: Api, site: str, status: int) -> None:
    headers = {"origin": "null", "sec-fetch-site": site}

    assert call("POST /api/auth/sign-out", cookies=["a=b"], headers=headers).status == status


def test_a_bearer_token_needs_no_origin(call: Api, people: People) -> None:
    """No browser adds it by itself."""
    ann = people.signed_in()

    assert call("POST /api/tasks", json={"title": "x"}, bearer=ann.token).status == 201
    assert call("POST /api/tasks", json={"title": "x"}, bearer=ann.token, headers={"origin": FOREIGN[0]}).status == 201


def test_reading_needs_no_origin(call: Api, people: People) -> None:
    assert call("GET /api/tasks", cookies=[people.signed_in().cookie]).status == 200


@each(LOGINS, function)
def test_a_form_on_another_site_signs_nobody_in(call: Api, route: str) -> None:
    """Login CSRF: no cookie is needed for it, so the fetch metadata decides."""
    cross = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}

    navigated = call(route, json=BODY, headers=cross | {"origin": OURS[0]})
    fetched = call(route, json=BODY, headers={"sec-fetch-mode": "cors", "origin": FOREIGN[0]})
    unnamed = call(route, json=BODY, headers={"sec-fetch-mode": "cors"})
    old_browser = call(route, json=BODY, headers={"referer": FOREIGN[0]})

    assert (navigated.status, navigated.code) == (403, "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED")
    assert (fetched.status, fetched.code) == (403, "INVALID_ORIGIN")
    assert (unnamed.status, unnamed.code) == (403, "MISSING_OR_NULL_ORIGIN")
    assert (old_browser.status, old_browser.code) == (403, "INVALID_ORIGIN")
    assert call.aws_operations == []


def test_a_client_that_is_no_browser_signs_in(call: Api, people: People) -> None:
    assert sign_in(call, people.verified()).status == 200


@pytest.mark.parametrize(
    ("pattern", "origin", "trusted"),
    [
        ("https://*.example.org", "https://a.example.org", True),
        ("https://*.example.org", "https://a.b.example.org", True),
        ("https://*.example.org", "http://a.example.org", False),
        ("https://*.example.org", "https://example.org", False),
        ("https://*.example.org", "https://evil.com/.example.org", False),
        ("https://*.example.org", "https://evil.com?.example.org", False),
        ("https://*.example.org", "https://evil.com#.example.org", False),
        ("https://*.example.org", "https://a.example.org.evil.com", False),
        ("https://*.example.org", "https://a.exampleXorg", False),
        ("*.example.org", "http://a.example.org", True),
        ("*.example.org", "https://evil.com\n.example.org", False),
        ("https://app?.example.org", "https://app1.example.org", True),
        ("https://app?.example.org", "https://app12.example.org", False),
        ("http://10.*:3000", "http://10.1.2.3:3000", True),
        ("http://10.*", "http://10.evil.com", False),
        ("myapp://", "myapp://callback", True),
        ("myapp://cb", "myapp://cb/page", True),
        ("myapp://cb", "myapp://cbx", False),
        ("myapp://", "myappx://callback", False),
    ],
)
def test_patterns_mean_what_the_protocol_says(
    call: Api,
    settings: Callable[..., None],
    pattern: str,
    origin: str,
    trusted: bool,  # noqa: FBT001 -- a case
) -> None:
    settings(trusted_origins=pattern)

    answer = call("POST /api/auth/sign-out", cookies=["a=b"], headers={"origin": origin})

    assert answer.status == (200 if trusted else 403)
