"""POST /api/auth/sign-in/social: to the provider's page, or in at once with an ID token."""

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


def test_a_client_is_told_where_to_go(call: Api, google: Provider) -> None:
    """For what the page is asked, tests/functions/auth/test_oauth_takeover.py says."""
    answer = call(SOCIAL, json={"provider": "google", "callbackURL": "/dashboard"})

    assert (answer.status, set(answer.json), answer.json["redirect"]) == (200, {"url", "redirect"}, True)
    assert answer.headers["location"] == answer.json["url"]
    assert answer.json["url"].startswith(f"{google.url}/authorize?")


def test_a_client_may_ask_for_more(oauth_flow: OAuthFlow) -> None:
    more = {"access_type": "offline", "prompt": "consent"}
    query = oauth_flow.begin(scopes=["calendar", "email"], loginHint="ann@example.com", additionalParams=more).query

    assert query["scope"] == "email profile openid calendar"
    assert (query["login_hint"], query["access_type"], query["prompt"]) == ("ann@example.com", "offline", "consent")


def test_a_client_may_go_there_by_itself(call: Api, google: Provider) -> None:
    answer = call(SOCIAL, json={"provider": "google", "disableRedirect": True})

    assert answer.json["url"].startswith(google.url)
    assert answer.json["redirect"] is False
    assert "location" not in answer.headers


def test_oa_6_a_provider_that_is_not_configured_is_not_found_nor_is_its_alias(call: Api) -> None:
    answers = [call(GOOGLE)]
    for name in ("google", "oidc", "facebook", "", "../google", "GOOGLE"):
        answers += [call(SOCIAL, json={"provider": name} | more) for more in ({}, {"idToken": {"token": "x.y.z"}})]

    assert {(answer.status, answer.code) for answer in answers} == {(404, "PROVIDER_NOT_FOUND")}


def test_a_provider_is_found_by_its_issuer_alone(call: Api, oidc: Provider) -> None:
    journeys = OAuthFlow(call, oidc, "oidc")
    query = journeys.begin().query

    assert query["scope"] == "openid email profile"
    assert query["redirect_uri"] == "https://api.example.com/api/auth/callback/oidc"
    assert "include_granted_scopes" not in query
    assert journeys.sign_in().status == 302
    assert [asked.path for asked in oidc.received].count("/.well-known/openid-configuration") == 1


def test_a_description_that_is_mended_is_taken_at_once(call: Api, oidc: Provider) -> None:
    journeys = OAuthFlow(call, oidc, "oidc")
    oidc.discovery_fields = {"token_endpoint": "http://elsewhere.example/token"}
    assert call(SOCIAL, json={"provider": "oidc"}).code == "PROVIDER_UNAVAILABLE"
    oidc.discovery_fields = {}

    assert "set-auth-token" in journeys.sign_in().headers


def test_a_provider_that_wants_the_secret_in_a_header_gets_it_there(call: Api, oidc: Provider) -> None:
    oidc.discovery_fields = {"token_endpoint_auth_methods_supported": ["client_secret_basic"]}
    answer = OAuthFlow(call, oidc, "oidc").sign_in()

    (asked,) = oidc.requests("/token")
    assert "set-auth-token" in answer.headers
    assert asked.authorization.startswith("Basic ")
    assert "client_secret" not in asked.form


def test_a_client_without_a_secret_says_who_it_is(call: Api, oidc: Provider, settings: Callable[..., None]) -> None:
    settings(oidc_client_secret_name="")
    OAuthFlow(call, oidc, "oidc").sign_in()

    (asked,) = oidc.requests("/token")
    assert asked.form["client_id"] == CLIENT_ID
    assert "client_secret" not in asked.form


def test_an_id_token_lets_in_at_once(call: Api, google: Provider) -> None:
    token = google.id_token(nonce="mine")
    answer = call(SOCIAL, json={"provider": "google", "idToken": {"token": token, "nonce": "mine"}})

    assert (answer.status, set(answer.json)) == (200, {"redirect", "token", "user"})
    assert (answer.json["redirect"], answer.json["user"]["email"]) == (False, "ann@example.com")
    assert call("GET /api/tasks", bearer=answer.json["token"]).status == 200
    assert answer.cookies[0].startswith("__Secure-better-auth.session_token=")


def test_an_id_token_for_any_of_our_clients_is_taken(
    call: Api, google: Provider, settings: Callable[..., None]
) -> None:
    settings(google_client_id=f"{CLIENT_ID},the-app")
    token = google.id_token(aud="the-app")

    assert call(SOCIAL, json={"provider": "google", "idToken": {"token": token}}).status == 200


def test_an_id_token_of_somebody_who_may_not_be_linked_is_refused(
    call: Api, google: Provider, people: People, cloud: Cloud
) -> None:
    people.verified("ann")
    token = google.id_token(email_verified=False)
    answer = call(SOCIAL, json={"provider": "google", "idToken": {"token": token}})

    assert (answer.status, answer.code, answer.json["message"]) == (401, "OAUTH_LINK_ERROR", "account not linked")
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
def test_an_id_token_that_does_not_do_is_refused(
    call: Api, google: Provider, claims: dict[str, Any], status: int, code: str
) -> None:
    answer = call(SOCIAL, json={"provider": "google", "idToken": {"token": google.id_token(**claims)}})

    assert (answer.status, answer.code) == (status, code)


def test_a_foreign_site_signs_nobody_in(call: Api, google: Provider) -> None:
    evil = {"origin": "https://evil.example"}
    answer = call(SOCIAL, json={"provider": "google", "idToken": {"token": google.id_token()}}, headers=evil)

    assert (answer.status, answer.code) == (403, "INVALID_ORIGIN")


def test_signing_in_is_limited_like_signing_in_by_password(
    call: Api, google: Provider, settings: Callable[..., None]
) -> None:
    assert google
    settings(rate_limits="on")
    codes = [call(SOCIAL, json={"provider": "google"}).status for _ in range(4)]

    assert codes == [200, 200, 200, 429]
