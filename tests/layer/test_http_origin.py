"""Trusted origins: a request with a cookie from another site is refused before any table is read."""

from collections.abc import Callable

import pytest

from gatehouse_dev.template import Template
from tests.layer.every_route import each, function
from tests.support.auth_calls import is_signed_in, sign_in
from tests.support.calls import Api
from tests.support.people import People

TRUSTED = [
    "https://app.example.com",
    "https://api.example.com",
    "https://APP.example.com",
    "https://app.example.com:443",
]
UNTRUSTED = [
    *("https://evil.example", "http://app.example.com", "https://app.example.com.evil.example"),
    *("https://evil.example/app.example.com", "https://app.example.com@evil.example"),
    *("https://sub.app.example.com", "https://app.example.com:8443", "https://malicious.com?.example.com"),
    *("https://app.example.com\\.evil.example", "app.example.com", "file://"),
    *("chrome-extension://app.example.com", "https://[", "\xff"),
]
CSRF = ["POST /api/auth/sign-out", "POST /api/auth/sign-in/email", "POST /api/auth/reset-password", "POST /api/tasks"]
LOGINS = [
    f"POST /api/auth/{path}"
    for path in (
        *("sign-in/email", "signin", "login", "sign-up/email", "signup", "register", "sign-in/social", "verify-email"),
        *("two-factor/verify-totp", "two-factor/verify-otp", "two-factor/verify-backup-code"),
        "passkey/verify-authentication",
    )
]
BODY = {"email": "ann@example.com", "password": "correct horse battery"}


@each(CSRF)
def test_a_cookie_without_a_trusted_origin_is_refused_before_any_read(call: Api, route: str) -> None:
    """S-23."""
    refused: list[tuple[dict[str, str], str]] = [({}, "MISSING_OR_NULL_ORIGIN")]
    refused += [({"origin": origin}, "MISSING_OR_NULL_ORIGIN") for origin in ("null", "")]
    refused += [({header: origin}, "INVALID_ORIGIN") for header in ("origin", "referer") for origin in UNTRUSTED]

    for headers, code in refused:
        response = call(route, json=BODY, cookies=["theme=dark"], headers=headers)
        assert (response.status, response.code, call.aws_operations) == (403, code, []), headers


def test_a_cookie_from_a_trusted_origin_is_accepted(call: Api, people: People) -> None:
    cookie = people.signed_in().cookie

    for headers in ({header: origin} for header in ("origin", "referer") for origin in TRUSTED):
        assert call("POST /api/tasks", json={"title": "x"}, cookies=[cookie], headers=headers).status == 201, headers


def test_a_trusted_referer_does_not_excuse_an_untrusted_origin(call: Api) -> None:
    headers = {"origin": UNTRUSTED[0], "referer": TRUSTED[0]}

    assert call("POST /api/auth/sign-out", cookies=["a=b"], headers=headers).code == "INVALID_ORIGIN"


@pytest.mark.parametrize(("site", "status"), [("same-origin", 200), ("cross-site", 403), ("same-site", 403)])
def test_a_null_origin_is_accepted_only_from_the_same_origin(call: Api, site: str, status: int) -> None:
    headers = {"origin": "null", "sec-fetch-site": site}

    assert call("POST /api/auth/sign-out", cookies=["a=b"], headers=headers).status == status


def test_a_bearer_token_needs_no_origin(call: Api, people: People) -> None:
    """No browser adds it automatically."""
    ann = people.signed_in()

    assert call("POST /api/tasks", json={"title": "x"}, bearer=ann.token).status == 201
    assert (
        call("POST /api/tasks", json={"title": "x"}, bearer=ann.token, headers={"origin": UNTRUSTED[0]}).status == 201
    )


@pytest.mark.parametrize("headers", [{}, {"origin": "null"}, {"origin": UNTRUSTED[0]}], ids=["none", "null", "foreign"])
def test_a_bearer_token_needs_no_origin_beside_a_cookie_that_a_library_kept(
    call: Api, people: People, headers: dict[str, str]
) -> None:
    ann = people.signed_in()
    as_library = {"bearer": ann.token, "cookies": [ann.cookie], "headers": headers}

    assert call("POST /api/tasks", json={"title": "x"}, **as_library).status == 201
    assert call("POST /api/auth/sign-out", **as_library).status == 200


@pytest.mark.parametrize("token", ["garbage", "", "a.b.c", "x.y"])
def test_the_cookie_beside_a_bearer_token_does_nothing_without_an_origin(call: Api, people: People, token: str) -> None:
    ben, ann = people.signed_in("ben"), people.signed_in()
    kept = {"cookies": [ann.cookie]}

    assert call("POST /api/tasks", json={"title": "x"}, bearer=token, **kept).status == 401
    assert call("POST /api/auth/sign-out", bearer=token, **kept).status == 200
    assert call("POST /api/auth/sign-out", bearer=ben.token, **kept).status == 200
    assert is_signed_in(call, ann)
    assert not is_signed_in(call, ben)


@each(CSRF)
def test_other_schemes_need_an_origin_beside_a_cookie(call: Api, people: People, route: str) -> None:
    """A browser adds Basic credentials by itself."""
    headers = {"authorization": "Basic YTpi"}

    assert call(route, json=BODY, cookies=[people.signed_in().cookie], headers=headers).code == "MISSING_OR_NULL_ORIGIN"


@each(LOGINS, function)
def test_a_bearer_token_does_not_excuse_a_browsers_origin_at_sign_in(call: Api, route: str) -> None:
    headers = {"sec-fetch-mode": "cors", "origin": UNTRUSTED[0]}

    assert call(route, json=BODY, cookies=["a=b"], bearer="x", headers=headers).code == "INVALID_ORIGIN"


# -- Apps with Expo's client, which have no origin ----------------------------------------------


@pytest.mark.parametrize("app", ["myapp://", "myapp://page", "MYAPP://", "exp://192.168.1.5:8081", TRUSTED[0]])
def test_an_app_says_where_it_is_from(call: Api, people: People, settings: Callable[..., None], app: str) -> None:
    settings(trusted_origins="myapp://,exp://")
    ann, headers = people.signed_in(), {"expo-origin": app}

    assert call("POST /api/tasks", json={"title": "x"}, cookies=[ann.cookie], headers=headers).status == 201
    assert call("POST /api/auth/sign-in/email", json=BODY, headers=headers).status == 200
    assert call("POST /api/auth/sign-out", cookies=[ann.cookie], headers=headers).status == 200


@each(CSRF)
def test_an_app_that_is_not_trusted_is_refused_before_any_read(
    call: Api, settings: Callable[..., None], route: str
) -> None:
    settings(trusted_origins="myapp://")
    refused = [(app, "INVALID_ORIGIN") for app in ("evilapp://", "myapp", "myapp:", "exp://x", *UNTRUSTED)]

    for app, code in [*refused, ("null", "MISSING_OR_NULL_ORIGIN"), ("", "MISSING_OR_NULL_ORIGIN")]:
        response = call(route, json=BODY, cookies=["a=b"], headers={"expo-origin": app})
        assert (response.status, response.code, call.aws_operations) == (403, code, []), app


@each(CSRF)
@pytest.mark.parametrize("header", ["origin", "referer"])
def test_what_a_browser_says_counts_before_what_an_app_says(
    call: Api, settings: Callable[..., None], route: str, header: str
) -> None:
    """Each of the two must be trusted by itself; a page can have its own script send the app's header."""
    settings(trusted_origins="myapp://")
    headers = {"expo-origin": "myapp://", header: UNTRUSTED[0]}

    assert call(route, json=BODY, cookies=["a=b"], headers=headers).code == "INVALID_ORIGIN"


@each(LOGINS, function)
def test_an_app_that_is_not_trusted_signs_nobody_in(call: Api, route: str) -> None:
    response = call(route, json=BODY, headers={"expo-origin": "evilapp://"})

    assert (response.code, call.aws_operations) == ("INVALID_ORIGIN", [])


def test_a_bearer_token_needs_no_trusted_app(call: Api, people: People) -> None:
    """The cookie beside it does not count then."""
    ann, headers = people.signed_in(), {"expo-origin": "evilapp://"}

    assert call("POST /api/tasks", json={"title": "x"}, bearer=ann.token, headers=headers).status == 201
    kept = {"bearer": "x.y", "cookies": [ann.cookie], "headers": headers}
    assert call("POST /api/tasks", json={"title": "x"}, **kept).status == 401


def test_a_preflight_refuses_the_header_of_apps(template: Template) -> None:
    """A page of a trusted origin could send it; one of any other gets no permission."""
    cors = template.resources["Api"]["Properties"]["CorsConfiguration"]

    assert "expo-origin" not in str(cors).lower()


def test_reading_needs_no_origin(call: Api, people: People) -> None:
    assert call("GET /api/tasks", cookies=[people.signed_in().cookie]).status == 200


@each(LOGINS, function)
def test_login_csrf_is_refused(call: Api, route: str) -> None:
    """Login CSRF needs no cookie, so the fetch metadata decide."""
    cross = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}

    navigated = call(route, json=BODY, headers=cross | {"origin": TRUSTED[0]})
    fetched = call(route, json=BODY, headers={"sec-fetch-mode": "cors", "origin": UNTRUSTED[0]})
    unnamed = call(route, json=BODY, headers={"sec-fetch-mode": "cors"})
    old_browser = call(route, json=BODY, headers={"referer": UNTRUSTED[0]})

    assert (navigated.status, navigated.code) == (403, "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED")
    assert (fetched.status, fetched.code) == (403, "INVALID_ORIGIN")
    assert (unnamed.status, unnamed.code) == (403, "MISSING_OR_NULL_ORIGIN")
    assert (old_browser.status, old_browser.code) == (403, "INVALID_ORIGIN")
    assert call.aws_operations == []


def test_a_client_that_is_no_browser_can_sign_in(call: Api, people: People) -> None:
    assert sign_in(call, people.verified()).status == 200


NO_ORIGINS = [
    *("http://host:1:80", "http://host:1:", "http://host:1:1", "http://host:01", "http://host:+1", "http://@host:1"),
    *("http://host:1:80:80", "http://[host:1]", "http://[host]:1", "http://host.:1", "http://:1", "http://host:1\xb2"),
    *("https://app.example.com:", "https://app.example.com:0443", "https://app.example.com::443"),
    *("https://app.example.com:443:443", "https://[app.example.com]", "https://app.example.com:65979"),
    *("https://:@app.example.com", "https:app.example.com", "https:/app.example.com", "https:///app.example.com"),
    *("http://localhost:1.evil.example", "http://localhost:5:80", "http://localhost:", "http://localhost:99999"),
    *("https://a..example.org", "https://.a.example.org", "https://-.example.org:1:443", "https://%61.example.org"),
    *("http://[::1]:3000:80", "http://[::1]x:3000", "http://[::1", "http://::1:3000", "http://[::g]:3000"),
]


@pytest.mark.parametrize("text", NO_ORIGINS)
def test_what_is_no_origin_is_not_trusted_and_no_redirect_target(
    call: Api, settings: Callable[..., None], text: str
) -> None:
    """`http://host:1:80` without its default port is `http://host:1`."""
    settings(trusted_origins="http://host:1,http://localhost:*,https://*.example.org,http://[::1]:3000")
    target = {"email": "ann@example.com", "redirectTo": f"{text}/page"}

    assert call("POST /api/auth/sign-out", cookies=["a=b"], headers={"origin": text}).code == "INVALID_ORIGIN"
    assert call("POST /api/auth/sign-out", cookies=["a=b"], headers={"referer": f"{text}/"}).code == "INVALID_ORIGIN"
    assert call("POST /api/auth/request-password-reset", json=target).code == "INVALID_REDIRECT_URL"


def test_a_host_that_becomes_a_trusted_one_by_case_folding_is_no_target(
    call: Api, settings: Callable[..., None]
) -> None:
    settings(trusted_origins="https://kb.example.org")

    target = {"email": "ann@example.com", "redirectTo": "https://\u212ab.example.org/"}
    assert call("POST /api/auth/request-password-reset", json=target).code == "INVALID_REDIRECT_URL"


@pytest.mark.parametrize(
    "origin",
    ["http://host:1", "HTTP://HOST:1", "http://localhost:5173", "https://a.b.example.org:443", "http://[::1]:3000"],
)
def test_origins_with_a_port_are_trusted_by_their_patterns(
    call: Api, settings: Callable[..., None], origin: str
) -> None:
    settings(trusted_origins="http://host:1,http://localhost:*,https://*.example.org,http://[::1]:3000")

    assert call("POST /api/auth/sign-out", cookies=["a=b"], headers={"origin": origin}).status == 200


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
def test_patterns_match_as_the_protocol_defines(
    call: Api,
    settings: Callable[..., None],
    pattern: str,
    origin: str,
    trusted: bool,  # noqa: FBT001 -- a case
) -> None:
    settings(trusted_origins=pattern)

    response = call("POST /api/auth/sign-out", cookies=["a=b"], headers={"origin": origin})

    assert response.status == (200 if trusted else 403)
