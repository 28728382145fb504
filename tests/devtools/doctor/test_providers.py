"""Sign-in at Google and another provider."""

import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest

from tests.devtools.doctor.conftest import (
    Examine,
    unused_url,
)
from tests.support import deployed_stack
from tests.support.deployed_stack import STACK, StandIn, client

GOOGLE = {"GoogleClientId": "client-1", "GoogleClientSecretName": f"{STACK}/google"}


@pytest.fixture
def google(api: StandIn) -> StandIn:
    """The stand-in, as the API of a stack with Google, whose client secret is there."""
    deployed_stack.create(api.url, **GOOGLE)
    client("secretsmanager").create_secret(Name=GOOGLE["GoogleClientSecretName"], SecretString="a client secret")
    return api


def redirects(google: StandIn) -> list[str]:
    return [f"{google.url}/api/auth/callback/google", f"{google.url}/api/auth/oauth/google/callback"]


def test_google_is_asked_about_both_redirect_uris(examine: Examine, google: StandIn) -> None:
    report = examine()

    assert report.problems == []
    assert [level for level, _, _ in report.of("providers")] == ["ok"] * 3
    assert google.asked_redirects() == redirects(google)


def authorization_error(code: str) -> str:
    """Return the URL of Google's error page."""
    detail = urlsafe_b64encode(b"\n\x15" + code.encode() + b"\x12\x0bsome text").decode().rstrip("=")
    return f"https://accounts.google.com/signin/oauth/error?authError={detail}&client_id=client-1"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ((302, {"location": authorization_error("redirect_uri_mismatch")}, ""), "(redirect_uri_mismatch)"),
        ((400, {}, "Error 400: redirect_uri_mismatch"), "(redirect_uri_mismatch)"),
        ((400, {}, '{"error": "invalid_redirect_uri"}'), "(invalid_redirect_uri)"),
    ],
)
def test_a_redirect_uri_that_is_not_registered_is_shown(
    examine: Examine, google: StandIn, answer: Any, words: str
) -> None:
    google.answers["GET /authorize"] = answer

    _, first, second = examine().of("providers")

    assert [(level, words in message, remedy[-1]) for level, message, remedy in (first, second)] == [
        ("problem", True, uri) for uri in redirects(google)
    ]


@pytest.mark.parametrize(
    ("answer", "level", "words"),
    [
        ((302, {"location": authorization_error("invalid_client")}, ""), "problem", "(invalid_client)"),
        ((302, {"location": authorization_error("another")}, ""), "problem", "(an error)"),
        ((401, {}, "deleted_client"), "problem", "(deleted_client)"),
        ((404, {}, ""), "problem", "(status 404)"),
        ((302, {"location": "https://x.example/cb?error=unauthorized_client"}, ""), "problem", "(unauthorized_client)"),
        ((302, {"location": "https://x.example/cb?error=login_required"}, ""), "ok", "shows its page"),
        ((200, {}, "Sign in: redirect_uri=…"), "ok", "shows its page"),
        ((502, {}, ""), "warning", "answers 502"),
    ],
)
def test_other_answers_of_a_provider_are_judged(
    examine: Examine, google: StandIn, answer: Any, level: str, words: str
) -> None:
    google.answers["GET /authorize"] = answer

    found = examine().of("providers")[1]

    assert (found[0], words in found[1]) == (level, True), found


def test_an_api_that_sends_users_back_elsewhere_is_found(examine: Examine, google: StandIn) -> None:
    google.redirect_base = "https://old.example.com"

    _, (level, message, _) = examine().of("providers")

    assert (level, "back to https://old.example.com/api/auth/callback/google" in message) == ("problem", True)
    assert google.asked_redirects() == []


@pytest.mark.parametrize(
    ("refusal", "level", "words"),
    [
        ((404, "PROVIDER_NOT_FOUND"), "problem", "The API has no google (PROVIDER_NOT_FOUND)"),
        ((429, "TOO_MANY_REQUESTS"), "warning", "limits sign-ins"),
        ((503, "PROVIDER_UNAVAILABLE"), "problem", "no usable description"),
    ],
)
def test_an_api_that_refuses_a_provider_is_explained(
    examine: Examine, google: StandIn, refusal: tuple[int, str], level: str, words: str
) -> None:
    status, code = refusal
    google.answers["POST /api/auth/sign-in/social"] = (status, {}, json.dumps({"code": code}))

    _, (found, message, _) = examine().of("providers")

    assert (found, words in message) == (level, True)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "There is no secret"),
        (" ", "is empty"),
        ('{"secret": "GOCSPX-1"}', "is JSON or has blanks"),
        ("GOCSPX-1\n", "is JSON or has blanks"),
    ],
)
def test_a_client_secret_must_be_there_as_plain_text(
    examine: Examine, api: StandIn, value: str | None, words: str
) -> None:
    deployed_stack.create(api.url, **GOOGLE)
    if value:
        client("secretsmanager").create_secret(Name=GOOGLE["GoogleClientSecretName"], SecretString=value)

    report = examine()

    level, message, remedy = report.of("providers")[0]
    assert (level, words in message) == ("problem", True)
    assert remedy[0].startswith("aws secretsmanager ")
    assert "GOCSPX" not in json.dumps(report.findings)


def test_google_without_a_secrets_name_is_a_problem(examine: Examine, api: StandIn) -> None:
    deployed_stack.create(api.url, GoogleClientId="client-1")

    assert examine().of("providers")[0][:2] == (
        "problem",
        "GoogleClientSecretName is empty: Google gives no tokens.",
    )


def test_another_provider_has_one_redirect_uri_and_may_have_no_secret(examine: Examine, api: StandIn) -> None:
    oidc = {"OidcProviderId": "entra", "OidcClientId": "c", "OidcIssuer": "https://login.example.com"}
    deployed_stack.create(api.url, **oidc)

    report = examine()

    assert report.of("providers") == [("ok", f"entra shows its page for {api.url}/api/auth/callback/entra.", [])]


def test_a_provider_that_cannot_be_reached_leaves_what_to_register(examine: Examine, google: StandIn) -> None:
    page = f"{unused_url()}/authorize?redirect_uri={google.url}/api/auth/callback/google"
    google.answers["POST /api/auth/sign-in/social"] = (200, {}, json.dumps({"url": page}))

    _, (level, _, remedy) = examine().of("providers")

    assert (level, remedy[1:]) == ("warning", redirects(google))


def test_a_provider_without_https_is_not_asked(examine: Examine, google: StandIn) -> None:
    page = f"http://accounts.example/?redirect_uri={google.url}/api/auth/callback/google"
    google.answers["POST /api/auth/sign-in/social"] = (200, {}, json.dumps({"url": page}))

    _, (level, message, remedy) = examine().of("providers")

    assert (level, "is not https" in message, bool(remedy)) == ("problem", True, True)
