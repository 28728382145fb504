"""POST /api/auth/sign-in/social: returns the provider's page, or signs in with an ID token."""

from collections.abc import Callable
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.calls import Api
from tests.support.oauth_flow import SOCIAL, OAuthFlow
from tests.support.people import People
from tests.support.provider import CLIENT_ID, Provider
from tests.support.tables import rows

GOOGLE = "GET /api/auth/oauth/google"


def test_the_response_has_the_authorization_url(call: Api, google: Provider) -> None:
    """tests/functions/auth/test_oauth_takeover.py checks its parameters."""
    response = call(SOCIAL, json={"provider": "google", "callbackURL": "/dashboard"})

    assert (response.status, set(response.json), response.json["redirect"]) == (200, {"url", "redirect"}, True)
    assert response.headers["location"] == response.json["url"]
    assert response.json["url"].startswith(f"{google.url}/authorize?")


def test_additional_scopes_and_parameters_are_passed_on(oauth_flow: OAuthFlow) -> None:
    more = {"access_type": "offline", "prompt": "consent"}
    query = oauth_flow.begin(scopes=["calendar", "email"], loginHint="ann@example.com", additionalParams=more).query

    assert query["scope"] == "email profile openid calendar"
    assert (query["login_hint"], query["access_type"], query["prompt"]) == ("ann@example.com", "offline", "consent")


def test_a_client_may_disable_the_redirect(call: Api, google: Provider) -> None:
    response = call(SOCIAL, json={"provider": "google", "disableRedirect": True})

    assert response.json["url"].startswith(google.url)
    assert response.json["redirect"] is False
    assert "location" not in response.headers


def test_oa_6_a_provider_that_is_not_configured_is_not_found_nor_is_its_alias(call: Api) -> None:
    responses = [call(GOOGLE)]
    for name in ("google", "oidc", "facebook", "", "../google", "GOOGLE"):
        responses += [call(SOCIAL, json={"provider": name} | more) for more in ({}, {"idToken": {"token": "x.y.z"}})]

    assert {(response.status, response.code) for response in responses} == {(404, "PROVIDER_NOT_FOUND")}


def test_a_provider_is_configured_by_its_issuer(call: Api, oidc: Provider) -> None:
    oauth_flow = OAuthFlow(call, oidc, "oidc")
    query = oauth_flow.begin().query

    assert query["scope"] == "openid email profile"
    assert query["redirect_uri"] == "https://api.example.com/api/auth/callback/oidc"
    assert "include_granted_scopes" not in query
    assert oauth_flow.sign_in().status == 302
    assert [asked.path for asked in oidc.received].count("/.well-known/openid-configuration") == 1


def test_a_corrected_discovery_document_is_used_at_once(call: Api, oidc: Provider) -> None:
    oauth_flow = OAuthFlow(call, oidc, "oidc")
    oidc.discovery_fields = {"token_endpoint": "http://elsewhere.example/token"}
    assert call(SOCIAL, json={"provider": "oidc"}).code == "PROVIDER_UNAVAILABLE"
    oidc.discovery_fields = {}

    assert "set-auth-token" in oauth_flow.sign_in().headers


def test_the_client_secret_is_sent_in_a_header_if_the_provider_requires_it(call: Api, oidc: Provider) -> None:
    oidc.discovery_fields = {"token_endpoint_auth_methods_supported": ["client_secret_basic"]}
    response = OAuthFlow(call, oidc, "oidc").sign_in()

    (asked,) = oidc.requests("/token")
    assert "set-auth-token" in response.headers
    assert asked.authorization.startswith("Basic ")
    assert "client_secret" not in asked.form


def test_a_client_without_a_secret_sends_its_id(call: Api, oidc: Provider, settings: Callable[..., None]) -> None:
    settings(oidc_client_secret_name="")
    OAuthFlow(call, oidc, "oidc").sign_in()

    (asked,) = oidc.requests("/token")
    assert asked.form["client_id"] == CLIENT_ID
    assert "client_secret" not in asked.form


def test_an_id_token_signs_in_without_redirect(call: Api, google: Provider) -> None:
    token = google.id_token(nonce="mine")
    response = call(SOCIAL, json={"provider": "google", "idToken": {"token": token, "nonce": "mine"}})

    assert (response.status, set(response.json)) == (200, {"redirect", "token", "user"})
    assert (response.json["redirect"], response.json["user"]["email"]) == (False, "ann@example.com")
    assert call("GET /api/tasks", bearer=response.json["token"]).status == 200
    assert response.cookies[0].startswith("__Secure-better-auth.session_token=")


def test_an_id_token_for_any_configured_client_is_accepted(
    call: Api, google: Provider, settings: Callable[..., None]
) -> None:
    settings(google_client_id=f"{CLIENT_ID},the-app")
    token = google.id_token(aud="the-app")

    assert call(SOCIAL, json={"provider": "google", "idToken": {"token": token}}).status == 200


def test_an_id_token_of_an_account_that_may_not_be_linked_is_refused(
    call: Api, google: Provider, people: People, cloud: Cloud
) -> None:
    people.verified("ann")
    token = google.id_token(email_verified=False)
    response = call(SOCIAL, json={"provider": "google", "idToken": {"token": token}})

    assert (response.status, response.code, response.json["message"]) == (401, "OAUTH_LINK_ERROR", "account not linked")
    assert [row for row in rows(cloud, "SessionsTable") if "secret_hash" in row] == []


@pytest.mark.parametrize(
    ("claims", "status", "code"),
    [
        ({"email": None}, 401, "USER_EMAIL_NOT_FOUND"),
        ({"email": "no address"}, 401, "USER_EMAIL_NOT_FOUND"),
        ({"email_verified": "true"}, 403, "EMAIL_NOT_VERIFIED"),
    ],
    ids=str,
)
def test_an_id_token_without_a_usable_address_is_refused(
    call: Api, google: Provider, claims: dict[str, Any], status: int, code: str
) -> None:
    response = call(SOCIAL, json={"provider": "google", "idToken": {"token": google.id_token(**claims)}})

    assert (response.status, response.code) == (status, code)


def test_a_request_from_another_site_is_refused(call: Api, google: Provider) -> None:
    evil = {"origin": "https://evil.example"}
    response = call(SOCIAL, json={"provider": "google", "idToken": {"token": google.id_token()}}, headers=evil)

    assert (response.status, response.code) == (403, "INVALID_ORIGIN")


def test_social_sign_in_is_limited_like_sign_in_by_password(
    call: Api, google: Provider, settings: Callable[..., None]
) -> None:
    assert google
    settings(rate_limits="on")
    codes = [call(SOCIAL, json={"provider": "google"}).status for _ in range(4)]

    assert codes == [200, 200, 200, 429]
