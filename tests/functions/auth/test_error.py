"""GET /api/auth/error: a page with the error's code; no other input is repeated."""

from collections.abc import Callable

import pytest

from tests.support.calls import Api

TARGET = "https://app.example.com/a?b=c#d"
ERROR = "GET /api/auth/error"
HOSTILE = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "javascript:alert(1)", "a b", "a\nb"]
HOSTILE += ["&lt;b&gt;"]
HOSTILE += ["state_mismatch\n", "{code}", "{0.__class__}", "ünknown", "\0", "", "a" * 65, "x" * 100_000]


@pytest.fixture(autouse=True)
def _without_pages(settings: Callable[..., None]) -> None:
    """The plain page is for deployments without hosted pages."""
    settings(hosted_pages="false", frontend_url="https://app.example.com")


def test_the_hosted_page_is_redirected_to(call: Api, settings: Callable[..., None]) -> None:
    settings(hosted_pages="true", frontend_url="")

    for sent, code in [("INVALID_TOKEN",) * 2, ("it's",) * 2, *((code, "UNKNOWN") for code in HOSTILE)]:
        response = call(ERROR, query={"error": sent})
        assert (response.status, response.headers["location"]) == (302, f"/error?error={code}"), sent[:20]


def test_the_hosted_page_gets_the_target_that_it_leads_back_to(call: Api, settings: Callable[..., None]) -> None:
    """With the code, and without a target the frontend. It tells a missing cookie. Nothing else is passed on."""
    settings(hosted_pages="true", frontend_url="")
    cases: list[tuple[dict[str, str], str]] = [
        ({"callbackURL": TARGET}, "x&callbackURL=https%3A%2F%2Fapp.example.com%2Fa%3Fb%3Dc%26error%3Dx%23d"),
        ({"callbackURL": "/tasks"}, "x&callbackURL=%2Ftasks%3Ferror%3Dx"),
        ({"callbackURL": "/nowhere", "error_description": "m4rk", "redirectTo": "/tasks"}, "x"),
        ({"error_description": "state_cookie_missing"}, "state_cookie_missing"),
        (
            {"error_description": "state_cookie_missing", "callbackURL": "/tasks"},
            "state_cookie_missing&callbackURL=%2Ftasks%3Ferror%3Dx",
        ),
    ]
    for query, more in cases:
        location = call(ERROR, query={"error": "x"} | query).headers["location"]
        assert location == f"/error?error={more}"

    settings(frontend_url="https://app.example.com/home")
    assert call(ERROR, query={"error": "x"}).headers["location"] == (
        "/error?error=x&callbackURL=https%3A%2F%2Fapp.example.com%2Fhome%3Ferror%3Dx"
    )


def test_the_plain_page_links_back_with_the_code(call: Api) -> None:
    for query, link in (
        ({}, "https://app.example.com?error=x"),
        ({"callbackURL": TARGET}, "https://app.example.com/a?b=c&amp;error=x#d"),
        ({"callbackURL": "/in?a&b"}, "https://app.example.com/in?a&amp;b&amp;error=x"),
        ({"callbackURL": 'https://app.example.com/"><b>'}, "https://app.example.com/%22%3E%3Cb%3E?error=x"),
    ):
        response = call(ERROR, query={"error": "x"} | query, headers={"accept-language": "de"})
        assert f'<a href="{link}">Zurück</a>' in response.text, query


def test_an_untrusted_target_is_refused_and_not_repeated(call: Api) -> None:
    for target in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        response = call(ERROR, query={"error": "x", "callbackURL": target}, headers={"sec-fetch-mode": "navigate"})
        assert (response.status, response.code) == (403, "INVALID_CALLBACK_URL"), target
        assert "evil" not in response.text + str(response.headers)


def test_the_page_shows_the_code(call: Api) -> None:
    for code in ("INVALID_TOKEN", "state_mismatch", "please-try-again", "404", "it's"):
        response = call(ERROR, query={"error": code})
        assert (response.status, response.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert response.text.startswith("<!doctype html>")
        assert f"<code>{code}</code>" in response.text


def test_ghsa_9x4v_an_invalid_code_is_not_repeated(call: Api) -> None:
    for code in HOSTILE:
        response = call(ERROR, query={"error": code})
        assert (response.status, response.text) == (200, call(ERROR, query={"error": "UNKNOWN"}).text), code[:20]


def test_ghsa_9x4v_other_query_parameters_are_neither_repeated_nor_followed(call: Api) -> None:
    query = {"error_description": "<b>m4rk</b>", "redirectTo": "/m4rk", "state": "m4rk", "m4rk": "m4rk"}

    response = call(ERROR, query={"error": "x"} | query)

    assert response.status == 200
    assert "m4rk" not in response.text + str(response.headers)
    assert "location" not in response.headers
    assert response.cookies == []


def test_the_page_allows_no_script_and_no_frame(call: Api) -> None:
    response = call(ERROR, query={"error": "x"})

    assert response.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["x-frame-options"] == "DENY"
    assert response.headers["cache-control"] == "no-store"
    assert "<script" not in response.text


def test_the_page_is_public_and_makes_no_aws_call(call: Api) -> None:
    assert "<code>UNKNOWN</code>" in call(ERROR).text
    assert call.aws_operations == []
