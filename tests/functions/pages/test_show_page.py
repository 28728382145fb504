"""GET /sign-in and the other pages: what they show, in which language, where they lead on, and what they let load."""

import html
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.calls import Api
from tests.support.layer import layer
from tests.support.layout import LAYER
from tests.support.routes import PAGES
from tests.support.slow import some_and_all

SIGN_IN, SIGN_UP, RESET, HOME = "GET /sign-in", "GET /sign-up", "GET /reset-password", "/tasks"
FILES = {"GET /auth/assets/{name}", "GET /auth/button.js"}
FORMER = {
    "GET /signin": "/sign-in",
    "GET /login": "/sign-in",
    "GET /signup": "/sign-up",
    "GET /register": "/sign-up",
    "GET /email-verified": "/verify-email",
    "GET /dashboard": "/tasks",
}
PARTS = LAYER / "gatehouse" / "pages"
SHOWN = sorted(PAGES - FILES - FORMER.keys())
TRUSTED = ["/account", "/a/b?c=d&e=%20f#g", "https://app.example.com/page?x=1#y"]
TRUSTED += ["https://api.example.com/tasks?status=active", "https://app.example.com/ü"]
HOSTILE = ["https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "/%2f/evil.example"]
HOSTILE += ["/a\nb"]
HOSTILE += [f"https://app.example.com{more}" for more in (".evil.example/", "@evil.example")] + [
    "http://app.example.com/"
]
HOSTILE += ["https://evil.example#https://app.example.com", " https://app.example.com", "javascript:alert(1)"]
HOSTILE += ["data:text/html,x", '"><script>alert(1)</script>']


def shown(call: Api, route: str = SIGN_IN, **request: Any) -> str:
    """A page, as it was sent."""
    answer = call(route, **request)
    assert answer.status == 200
    return answer.text


def leads_to(page: str) -> str:
    """Where a page's script goes on to."""
    (found,) = re.findall(r'data-next="([^"]*)"', page)
    return html.unescape(found)


def texts(page: str) -> dict[str, Any]:
    """What a page's script says."""
    (found,) = re.findall(r'<script type="application/json" id="texts">(.*)</script>', page)
    told: dict[str, Any] = json.loads(found)
    return told


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_page_is_whole_in_each_language(call: Api, language: str) -> None:
    for route in SHOWN:
        answer = call(route, headers={"accept-language": language})
        assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8"), route
        assert answer.text.startswith(f'<!doctype html>\n<html lang="{language}">')
        assert answer.text.endswith("</html>")
        assert re.search(r"<h1[ >]", answer.text), route
        assert re.search(r"<title>[^<·]+ · Gatehouse</title>", answer.text), route


def test_where_pages_are_elsewhere_there_are_none(call: Api, settings: Callable[..., None]) -> None:
    """Their functions stay, and answer as the service does what is not there."""
    settings(hosted_pages="false", frontend_url="https://app.example.com")

    for route in sorted(PAGES):
        answer = call(route, name="button.js") if "{name}" in route else call(route)
        assert (answer.status, answer.code) == (404, "NOT_FOUND"), route
        assert answer.json.keys() == {"code", "message", "requestId"}


@pytest.mark.parametrize("route", SHOWN)
def test_a_page_loads_from_here_alone_and_nothing_inline_and_is_kept_by_nobody(call: Api, route: str) -> None:
    answer = call(route)
    policy = dict(part.split(" ", 1) for part in answer.headers["content-security-policy"].split("; "))

    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert "unsafe" not in str(policy)
    assert policy["require-trusted-types-for"] == "'script'"
    assert policy["trusted-types"] == "'none'"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert re.findall(r"<script(?![^>]*(?:src=|application/json))", answer.text) == []
    assert re.findall(r'<style|\sstyle=|\son\w+=|(?:src|href)="(?:https?:)?//', answer.text) == []

    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["vary"] == "accept-language, cookie"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["strict-transport-security"].startswith("max-age=31536000")
    assert answer.headers["permissions-policy"]
    assert answer.headers["x-correlation-id"]
    assert answer.cookies == []
    names = re.findall(r'"/auth/assets/([^"]+)"', answer.text)
    assert sorted(name.rpartition(".")[2] for name in names) == ["css", "js"]
    assert {call("GET /auth/assets/{name}", name=name).status for name in names} == {200}


def test_a_page_speaks_as_asked(call: Api) -> None:
    wanted: list[tuple[str, list[str], str]] = [
        *(("", [], "en"), ("fr", [], "en"), ("de-AT,de;q=0.9,en;q=0.1", [], "de"), ("de", ["language=en"], "en")),
        *(("en", ["language=de"], "de"), ("de", ["language=../../etc"], "de")),
    ]
    for header, cookies, language in wanted:
        headers = {"accept-language": header} if header else {}
        assert f'<html lang="{language}">' in shown(call, headers=headers, cookies=cookies), (header, cookies)


@pytest.mark.parametrize("name", ["callbackUrl", "callbackURL", "redirect"])
def test_a_page_leads_back_to_where_somebody_came_from(call: Api, name: str) -> None:
    for target in TRUSTED:
        assert leads_to(shown(call, query={name: target})) == target.replace("ü", "%C3%BC")


@some_and_all("routes", (SIGN_IN,), SHOWN)
def test_a_page_leads_home_instead_of_elsewhere(call: Api, routes: tuple[str, ...]) -> None:
    for route in routes:
        plain = shown(call, route)
        assert leads_to(plain) == HOME
        for target in HOSTILE:
            assert shown(call, route, query={"callbackUrl": target}) == plain, (route, target)


def test_links_between_pages_keep_the_way_back(call: Api) -> None:
    page = html.unescape(shown(call, query={"callbackUrl": "https://app.example.com/a?b=c"}))

    assert "/sign-up?callbackUrl=https%3A%2F%2Fapp.example.com%2Fa%3Fb%3Dc" in page
    assert 'href="/sign-up"' in shown(call)


def test_the_account_leads_back_to_where_somebody_came_from(call: Api) -> None:
    back = 'href="https://app.example.com/a?b=c&amp;d"'

    assert back in shown(call, "GET /account", query={"callbackUrl": "https://app.example.com/a?b=c&d"})
    for target in HOSTILE:
        assert 'class="back"' not in shown(call, "GET /account", query={"callbackUrl": target})


def test_home_is_the_frontend_where_there_is_one(call: Api, settings: Callable[..., None]) -> None:
    settings(frontend_url="https://www.example.com/app")

    assert leads_to(shown(call)) == "https://www.example.com/app"


def test_nothing_that_was_sent_is_in_a_page(call: Api) -> None:
    query = {"token": "m4rk", "error": "m4rk<b>", "email": "m4rk@example.com", "m4rk": "m4rk"}
    headers = {"user-agent": "m4rk", "referer": "https://m4rk"}

    assert [route for route in SHOWN if "m4rk" in shown(call, route, query=query, headers=headers)] == []


def test_a_parameter_given_twice_is_no_error_for_a_person(call: Api) -> None:
    assert shown(call, query={"callbackUrl": ["/a", "/b"]})


def test_an_old_address_leads_to_its_page(call: Api) -> None:
    for route, page in FORMER.items():
        answer = call(route, query={"callbackUrl": "/a?b=c", "token": "x"})
        assert (answer.status, answer.headers["location"]) == (302, f"{page}?callbackUrl=%2Fa%3Fb%3Dc&token=x")
        assert call(route).headers["location"] == page


def test_providers_are_offered_where_they_are_configured(call: Api, settings: Callable[..., None]) -> None:
    assert "data-provider" not in shown(call)

    settings(google_client_id="client", oidc_client_id="client", oidc_provider_id="acme")

    for route in (SIGN_IN, SIGN_UP, "GET /tasks", "GET /account"):
        assert {"google", "acme"} <= set(re.findall(r'data-provider="(\w+)"', shown(call, route)))


def test_pages_follow_the_settings(call: Api, settings: Callable[..., None]) -> None:
    settings(product_name="Ann & Bob <3", minimum_password_length="12", reset_lifetime="7200", sign_up_enabled="false")

    assert "<title>Sign in · Ann &amp; Bob &lt;3</title>" in shown(call)
    assert 'minlength="12"' in shown(call, RESET)
    assert "120 minutes" in shown(call, "GET /forgot-password")
    assert "<form" not in shown(call, SIGN_UP)
    assert "/sign-up" not in shown(call) + shown(call, "GET /verify-email")


# -- Texts --------------------------------------------------------------------------


def keys(told: Any, path: str = "") -> set[str]:
    """The paths of all texts."""
    if not isinstance(told, dict):
        return {f"{path}[{len(told)}]" if isinstance(told, list) else path}
    return {found for name, value in told.items() for found in keys(value, f"{path}.{name}")}


def placeholders(told: Any) -> set[tuple[str, ...]]:
    """What each text leaves open, by its path."""
    return {(path, *sorted(re.findall(r"\{\w+\}", value))) for path, value in _flat(told, "")}


def _flat(told: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(told, dict):
        for name, value in told.items():
            yield from _flat(value, f"{path}.{name}")
    elif isinstance(told, str):
        yield path, told


def test_every_language_says_everything(call: Api) -> None:
    assert call
    rendering = layer("pages.rendering")
    english = rendering.texts("en")

    for language in layer("languages").SUPPORTED_LANGUAGES:
        assert keys(rendering.texts(language)) == keys(english), language
        assert placeholders(rendering.texts(language)) == placeholders(english), language


def test_every_text_of_a_script_is_there_and_used(call: Api) -> None:
    """What a script says is `texts.name`; `texts.errors` goes by the API's codes."""
    assert call
    scripts = {path.name: path.read_text() for path in (PARTS / "scripts").glob("*.js") if path.name != "button.js"}
    used = {name for script in scripts.values() for name in re.findall(r"\btexts\.(\w+)", script)} - {"errors"}
    told = layer("pages.rendering").texts("en")
    there = {name for page in told.values() for name in page.get("script", {})}

    assert used == there


def test_every_text_of_a_page_is_used(call: Api) -> None:
    assert call
    templates = "".join(path.read_text() for path in (PARTS / "templates").rglob("*.html"))
    used = set(re.findall(r"\bt\.(\w+\.\w+)", templates))
    told = layer("pages.rendering").texts("en")

    assert used == {f"{page}.{name}" for page, texts in told.items() for name in texts}


def test_a_script_gets_the_words_of_the_page_and_all_errors(call: Api) -> None:
    told = texts(shown(call, headers={"accept-language": "de"}))

    assert told["errors"]["INVALID_EMAIL_OR_PASSWORD"] == "Die E-Mail-Adresse oder das Passwort ist falsch."
    assert told["signingIn"] == "Anmeldung läuft …"


def test_errors_that_pages_explain_are_errors_that_there_are(call: Api) -> None:
    """Upper-case codes are the API's; those of a browser are in `api.js`, those of providers are lower-case."""
    assert call
    refusals = {one.code for one in _below(layer("errors").Refusal) if hasattr(one, "code")}
    explained = {code for code in layer("pages.rendering").texts("en")["common"]["errors"] if code.isupper()}

    assert explained - refusals == {"OFFLINE", "UNREACHABLE", "TIMED_OUT"}


def _below(kind: Any) -> Iterator[Any]:
    for child in kind.__subclasses__():
        yield child
        yield from _below(child)
