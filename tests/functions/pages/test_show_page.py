"""GET /sign-in and the other pages: their texts, languages, redirects and security headers."""

import html
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gatehouse_dev import error_reference
from tests.support.calls import Api
from tests.support.layer import layer
from tests.support.layout import LAYER
from tests.support.routes import PAGES
from tests.support.slow import some_and_all

SIGN_IN, SIGN_UP, RESET, HOME = "GET /sign-in", "GET /sign-up", "GET /reset-password", "/tasks"
FILES = {"GET /auth/assets/{name}", "GET /auth/button.js"}
ALIASES = {
    "GET /signin": "/sign-in",
    "GET /login": "/sign-in",
    "GET /signup": "/sign-up",
    "GET /register": "/sign-up",
    "GET /email-verified": "/verify-email",
    "GET /dashboard": "/tasks",
}
FRONTEND = "https://www.example.com/app"
PARTS = LAYER / "gatehouse" / "pages"
ROUTES = sorted(PAGES - FILES - ALIASES.keys())
TRUSTED = ["/account", "/a/b?c=d&e=%20f#g", "https://app.example.com/page?x=1#y"]
TRUSTED += ["https://api.example.com/tasks?status=active", "https://app.example.com/ü"]
HOSTILE = ["https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "/%2f/evil.example"]
HOSTILE += ["/a\nb"]
HOSTILE += [f"https://app.example.com{more}" for more in (".evil.example/", "@evil.example")] + [
    "http://app.example.com/"
]
HOSTILE += ["https://evil.example#https://app.example.com", " https://app.example.com", "javascript:alert(1)"]
HOSTILE += ["data:text/html,x", '"><script>alert(1)</script>']


def page_of(call: Api, route: str = SIGN_IN, **request: Any) -> str:
    """Return the HTML of a page."""
    response = call(route, **request)
    assert response.status == 200
    return response.text


def next_url(page: str) -> str:
    """Return the URL to which the page's script continues."""
    (value,) = re.findall(r'data-next="([^"]*)"', page)
    return html.unescape(value)


def texts(page: str) -> dict[str, Any]:
    """Return the texts of the page's script."""
    (value,) = re.findall(r'<script type="application/json" id="texts">(.*)</script>', page)
    page_texts: dict[str, Any] = json.loads(value)
    return page_texts


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_page_is_complete_in_each_language(call: Api, language: str) -> None:
    for route in ROUTES:
        response = call(route, headers={"accept-language": language})
        assert (response.status, response.headers["content-type"]) == (200, "text/html; charset=utf-8"), route
        assert response.text.startswith(f'<!doctype html>\n<html lang="{language}">')
        assert response.text.endswith("</html>")
        assert re.search(r"<h1[ >]", response.text), route
        assert re.search(r"<title>[^<·]+ · Gatehouse</title>", response.text), route


def test_where_hosted_pages_are_off_there_are_none(call: Api, settings: Callable[..., None]) -> None:
    """Their functions stay, and respond as for any unknown path."""
    settings(hosted_pages="false", frontend_url="https://app.example.com")

    for route in sorted(PAGES):
        response = call(route, name="button.js") if "{name}" in route else call(route)
        assert (response.status, response.code) == (404, "NOT_FOUND"), route
        assert response.json.keys() == {"code", "message", "requestId"}


@pytest.mark.parametrize("route", ROUTES)
def test_a_page_loads_only_from_its_origin_nothing_inline_and_is_not_cached(call: Api, route: str) -> None:
    response = call(route)
    policy = dict(part.split(" ", 1) for part in response.headers["content-security-policy"].split("; "))

    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert "unsafe" not in str(policy)
    assert policy["require-trusted-types-for"] == "'script'"
    assert policy["trusted-types"] == "'none'"
    assert response.headers["cross-origin-opener-policy"] == "same-origin"
    assert re.findall(r"<script(?![^>]*(?:src=|application/json))", response.text) == []
    assert re.findall(r'<style|\sstyle=|\son\w+=|(?:src|href)="(?:https?:)?//', response.text) == []

    assert response.headers["cache-control"] == "no-store"
    assert response.headers["vary"] == "accept-language, cookie"
    assert response.headers["referrer-policy"] == "same-origin"
    assert response.headers["x-frame-options"] == "DENY"
    assert response.headers["strict-transport-security"].startswith("max-age=31536000")
    assert response.headers["permissions-policy"]
    assert response.headers["x-correlation-id"]
    assert response.cookies == []
    names = re.findall(r'"/auth/assets/([^"]+)"', response.text)
    assert {"css", "js"} <= {name.rpartition(".")[2] for name in names} <= {"css", "js", "json"}
    assert {call("GET /auth/assets/{name}", name=name).status for name in names} == {200}


def test_the_language_follows_cookie_and_header(call: Api) -> None:
    wanted: list[tuple[str, list[str], str]] = [
        *(("", [], "en"), ("fr", [], "en"), ("de-AT,de;q=0.9,en;q=0.1", [], "de"), ("de", ["language=en"], "en")),
        *(("en", ["language=de"], "de"), ("de", ["language=../../etc"], "de")),
    ]
    for header, cookies, language in wanted:
        headers = {"accept-language": header} if header else {}
        assert f'<html lang="{language}">' in page_of(call, headers=headers, cookies=cookies), (header, cookies)


@pytest.mark.parametrize("name", ["callbackUrl", "callbackURL", "redirect"])
def test_a_page_continues_to_a_trusted_callback(call: Api, name: str) -> None:
    """A path in a mailed link, which is `callbackURL`, is a hosted page."""
    for target in TRUSTED:
        followed = HOME if (name, target[:4]) == ("callbackURL", "/a/b") else target.replace("ü", "%C3%BC")
        assert next_url(page_of(call, query={name: target})) == followed


@pytest.mark.parametrize(
    ("frontend", "target", "following", "stays"),
    [
        ("", "", "/tasks", True),
        ("", "/account?x=1", "/account?x=1", True),
        ("", "https://api.example.com/login", "https://api.example.com/login", True),
        ("", "https://api.example.com", "https://api.example.com", True),
        ("", "https://api.example.com/welcome", "https://api.example.com/welcome", False),  # behind the same host
        ("", "https://app.example.com/tasks", "https://app.example.com/tasks", False),
        (FRONTEND, "", FRONTEND, False),
        (FRONTEND, "/tasks", "/tasks", True),
        (FRONTEND, "/sign-in", FRONTEND, True),
        ("https://api.example.com", "", "https://api.example.com", False),  # behind a rewrite
        ("https://api.example.com/", "https://api.example.com/dashboard", "https://api.example.com/dashboard", False),
        ("https://api.example.com.example", "/tasks", "/tasks", True),
        ("", "/sign-in?callbackUrl=https://app.example.com/a", "https://app.example.com/a", True),
        ("", "https://api.example.com/sign-in?callbackUrl=/account&verified=1", "/account", True),
        ("", "/sign-in?callbackUrl=https://evil.example", "/tasks", True),
        ("", "https://app.example.com/sign-in?callbackUrl=/a", "https://app.example.com/sign-in?callbackUrl=/a", False),
    ],
)
def test_a_page_knows_whether_the_next_one_is_hosted(  # noqa: PLR0917 -- two fixtures and four columns
    call: Api,
    settings: Callable[..., None],
    frontend: str,
    target: str,
    following: str,
    stays: bool,  # noqa: FBT001
) -> None:
    """Only that needs a sign-in here. A sign-in page as the target stands for what follows it."""
    settings(frontend_url=frontend)

    page = page_of(call, "GET /verify-email", query={"callbackUrl": target})

    assert (next_url(page), "data-stays" in page) == (following, stays)


@pytest.mark.parametrize("route", [RESET, "GET /undo-email-change"])
def test_mailed_pages_lead_to_the_frontend_instead_of_the_sign_in_page(
    call: Api, settings: Callable[..., None], route: str
) -> None:
    assert 'href="/sign-in"' in page_of(call, route)
    assert 'href="https://app.example.com/a"' in page_of(
        call, route, query={"callbackURL": "https://app.example.com/a"}
    )

    settings(frontend_url=FRONTEND)

    page = page_of(call, route)
    assert f'href="{FRONTEND}"' in page
    assert 'href="/sign-in' not in page


@pytest.mark.parametrize(
    ("query", "back"),
    [
        ({}, "/sign-in"),
        ({"callbackUrl": "https://app.example.com/a"}, "/sign-in?callbackUrl=https%3A%2F%2Fapp.example.com%2Fa"),
        ({"token": "x"}, "/sign-in"),
        ({"token": "x", "callbackURL": "/account"}, "/sign-in?callbackUrl=%2Faccount"),
        ({"token": "x", "callbackURL": "https://app.example.com/a"}, "https://app.example.com/a"),
    ],
)
def test_a_mail_that_a_page_orders_leads_back_to_it_or_to_whoever_ordered_the_first(
    call: Api, query: dict[str, str], back: str
) -> None:
    page = html.unescape(page_of(call, "GET /verify-email", query=query))

    assert f'data-back="{back}"' in page
    assert f'<a href="{back}">Sign in</a>' in page


def test_the_error_page_leads_back_to_where_the_person_came_from(call: Api, settings: Callable[..., None]) -> None:
    """Else to the frontend, else home."""
    back = '<a class="button primary" href="{}">'.format

    assert back("/tasks") in page_of(call, "GET /error", query={"error": "x"})
    assert back("https://app.example.com/a") in page_of(
        call, "GET /error", query={"error": "x", "callbackURL": "https://app.example.com/a"}
    )
    settings(frontend_url=FRONTEND)
    for query in ({}, *({"callbackURL": hostile} for hostile in HOSTILE)):
        assert back(FRONTEND) in page_of(call, "GET /error", query={"error": "x"} | query)


@some_and_all("routes", (SIGN_IN,), ROUTES)
def test_a_page_continues_to_the_default_instead_of_an_untrusted_callback(call: Api, routes: tuple[str, ...]) -> None:
    for route in routes:
        plain = page_of(call, route)
        assert next_url(plain) == HOME
        for target in HOSTILE:
            assert page_of(call, route, query={"callbackUrl": target}) == plain, (route, target)


def test_links_between_pages_keep_the_callback(call: Api) -> None:
    page = html.unescape(page_of(call, query={"callbackUrl": "https://app.example.com/a?b=c"}))

    assert "/sign-up?callbackUrl=https%3A%2F%2Fapp.example.com%2Fa%3Fb%3Dc" in page
    assert 'href="/sign-up"' in page_of(call)


def test_the_account_page_links_back_to_a_trusted_callback(call: Api) -> None:
    back = 'href="https://app.example.com/a?b=c&amp;d"'

    assert back in page_of(call, "GET /account", query={"callbackUrl": "https://app.example.com/a?b=c&d"})
    for target in HOSTILE:
        assert 'class="back"' not in page_of(call, "GET /account", query={"callbackUrl": target})


def test_the_default_is_the_frontend_if_configured(call: Api, settings: Callable[..., None]) -> None:
    settings(frontend_url="https://www.example.com/app")

    assert next_url(page_of(call)) == "https://www.example.com/app"


def test_no_input_is_repeated_in_a_page(call: Api) -> None:
    query = {"token": "m4rk", "error": "m4rk<b>", "email": "m4rk@example.com", "m4rk": "m4rk"}
    headers = {"user-agent": "m4rk", "referer": "https://m4rk"}

    assert [route for route in ROUTES if "m4rk" in page_of(call, route, query=query, headers=headers)] == []


def test_a_repeated_parameter_is_accepted(call: Api) -> None:
    assert page_of(call, query={"callbackUrl": ["/a", "/b"]})


def test_an_alias_redirects_to_its_page(call: Api) -> None:
    for route, page in ALIASES.items():
        response = call(route, query={"callbackUrl": "/a?b=c", "token": "x"})
        assert (response.status, response.headers["location"]) == (302, f"{page}?callbackUrl=%2Fa%3Fb%3Dc&token=x")
        assert call(route).headers["location"] == page


def test_configured_providers_are_offered(call: Api, settings: Callable[..., None]) -> None:
    assert "data-provider" not in page_of(call)

    settings(google_client_id="client", oidc_client_id="client", oidc_provider_id="acme")

    for route in (SIGN_IN, SIGN_UP, "GET /tasks", "GET /account"):
        assert {"google", "acme"} <= set(re.findall(r'data-provider="(\w+)"', page_of(call, route)))


def test_pages_follow_the_settings(call: Api, settings: Callable[..., None]) -> None:
    settings(product_name="Ann & Bob <3", minimum_password_length="12", reset_lifetime="7200", sign_up_enabled="false")

    assert "<title>Sign in · Ann &amp; Bob &lt;3</title>" in page_of(call)
    assert 'minlength="12"' in page_of(call, RESET)
    assert "120 minutes" in page_of(call, "GET /forgot-password")
    assert "<form" not in page_of(call, SIGN_UP)
    assert "/sign-up" not in page_of(call) + page_of(call, "GET /verify-email")


# -- Texts --------------------------------------------------------------------------


def keys(node: Any, path: str = "") -> set[str]:
    """Return the paths of all texts."""
    if not isinstance(node, dict):
        return {f"{path}[{len(node)}]" if isinstance(node, list) else path}
    return {value for name, value in node.items() for value in keys(value, f"{path}.{name}")}


def placeholders(node: Any) -> set[tuple[str, ...]]:
    """Return the placeholders of each text, with its path."""
    return {(path, *sorted(re.findall(r"\{\w+\}", value))) for path, value in _flat(node, "")}


def _flat(node: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, dict):
        for name, value in node.items():
            yield from _flat(value, f"{path}.{name}")
    elif isinstance(node, str):
        yield path, node


def test_every_language_has_every_text(call: Api) -> None:
    assert call
    rendering = layer("pages.rendering")
    english = rendering.texts("en")

    for language in layer("languages").SUPPORTED_LANGUAGES:
        assert keys(rendering.texts(language)) == keys(english), language
        assert placeholders(rendering.texts(language)) == placeholders(english), language


def test_the_texts_of_scripts_are_those_that_scripts_use(call: Api) -> None:
    """Scripts use `texts.name`; the keys of `texts.errors` are the API's codes."""
    assert call
    scripts = {path.name: path.read_text() for path in (PARTS / "scripts").glob("*.js") if path.name != "button.js"}
    used = {name for script in scripts.values() for name in re.findall(r"\btexts\.(\w+)", script)} - {"errors"}
    all_texts = layer("pages.rendering").texts("en")
    defined = {name for page in all_texts.values() for name in page.get("script", {})}

    assert used == defined


def test_every_text_of_a_page_is_used(call: Api) -> None:
    assert call
    templates = "".join(path.read_text() for path in (PARTS / "templates").rglob("*.html"))
    used = set(re.findall(r"\bt\.(\w+\.\w+)", templates))
    all_texts = layer("pages.rendering").texts("en")

    assert used == {f"{page}.{name}" for page, texts in all_texts.items() for name in texts}


def test_a_script_gets_the_texts_of_its_page_and_all_errors(call: Api) -> None:
    all_texts = texts(page_of(call, headers={"accept-language": "de"}))

    assert all_texts["errors"]["INVALID_EMAIL_OR_PASSWORD"] == "Die E-Mail-Adresse oder das Passwort ist falsch."
    assert all_texts["signingIn"] == "Anmeldung läuft …"


def test_the_errors_in_the_texts_exist(call: Api) -> None:
    """Upper-case codes are the API's; those of a browser are in `api.js`, those of providers are lower-case."""
    assert call
    refusals = {one.code for one in error_reference.catalogue()}
    explained = {code for code in layer("pages.rendering").texts("en")["common"]["errors"] if code.isupper()}

    assert explained - refusals == {"OFFLINE", "UNREACHABLE", "TIMED_OUT"}
