"""GET /api/auth/error: a page that names what went wrong, and repeats nothing that it was sent."""

from collections.abc import Callable

import pytest

from tests.support.calls import Api

ERROR = "GET /api/auth/error"
HOSTILE = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "javascript:alert(1)", "a b", "a\nb"]
HOSTILE += ["&lt;b&gt;"]
HOSTILE += ["state_mismatch\n", "{code}", "{0.__class__}", "ünknown", "\0", "", "a" * 65, "x" * 100_000]


@pytest.fixture(autouse=True)
def _without_pages(settings: Callable[..., None]) -> None:
    """The plain page is for those whose pages are elsewhere."""
    settings(hosted_pages="false", frontend_url="https://app.example.com")


def test_the_hosted_page_is_led_to(call: Api, settings: Callable[..., None]) -> None:
    settings(hosted_pages="true")

    for sent, code in [("INVALID_TOKEN",) * 2, ("it's",) * 2, *((code, "UNKNOWN") for code in HOSTILE)]:
        answer = call(ERROR, query={"error": sent})
        assert (answer.status, answer.headers["location"]) == (302, f"/error?error={code}"), sent[:20]


def test_the_page_names_the_code(call: Api) -> None:
    for code in ("INVALID_TOKEN", "state_mismatch", "please-try-again", "404", "it's"):
        answer = call(ERROR, query={"error": code})
        assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert answer.text.startswith("<!doctype html>")
        assert f"<code>{code}</code>" in answer.text


def test_ghsa_9x4v_what_is_no_code_is_not_repeated(call: Api) -> None:
    for code in HOSTILE:
        answer = call(ERROR, query={"error": code})
        assert (answer.status, answer.text) == (200, call(ERROR, query={"error": "UNKNOWN"}).text), code[:20]


def test_ghsa_9x4v_nothing_else_in_the_query_is_repeated_or_followed(call: Api) -> None:
    query = {"error_description": "<b>m4rk</b>", "redirectTo": "/m4rk", "state": "m4rk", "m4rk": "m4rk"}

    answer = call(ERROR, query={"error": "x"} | query)

    assert answer.status == 200
    assert "m4rk" not in answer.text + str(answer.headers)
    assert "location" not in answer.headers
    assert answer.cookies == []


def test_the_page_runs_no_script_and_fits_in_no_frame(call: Api) -> None:
    answer = call(ERROR, query={"error": "x"})

    assert answer.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["cache-control"] == "no-store"
    assert "<script" not in answer.text


def test_the_page_needs_nobody_and_asks_nothing(call: Api) -> None:
    assert "<code>UNKNOWN</code>" in call(ERROR).text
    assert call.aws_operations == []
