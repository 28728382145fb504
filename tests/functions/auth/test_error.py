"""GET /api/auth/error: a page with the error's code; no other input is repeated."""

from collections.abc import Callable

import pytest

from tests.support.calls import Api

ERROR = "GET /api/auth/error"
HOSTILE = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "javascript:alert(1)", "a b", "a\nb"]
HOSTILE += ["&lt;b&gt;"]
HOSTILE += ["state_mismatch\n", "{code}", "{0.__class__}", "ünknown", "\0", "", "a" * 65, "x" * 100_000]


@pytest.fixture(autouse=True)
def _without_pages(settings: Callable[..., None]) -> None:
    """The plain page is for deployments without hosted pages."""
    settings(hosted_pages="false", frontend_url="https://app.example.com")


def test_the_hosted_page_is_redirected_to(call: Api, settings: Callable[..., None]) -> None:
    settings(hosted_pages="true")

    for sent, code in [("INVALID_TOKEN",) * 2, ("it's",) * 2, *((code, "UNKNOWN") for code in HOSTILE)]:
        response = call(ERROR, query={"error": sent})
        assert (response.status, response.headers["location"]) == (302, f"/error?error={code}"), sent[:20]


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
