"""POST /api/auth/link-social: links a provider's account to the signed-in user."""

from collections.abc import Callable
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.calls import Api, Response
from tests.support.interleaving import interleave
from tests.support.layer import layer
from tests.support.oauth_flow import LINK, OAuthFlow, error_of, token_of
from tests.support.people import People, Person
from tests.support.provider import Provider
from tests.support.tables import rows

LIST = "GET /api/auth/list-accounts"
BOB: dict[str, Any] = {"sub": "2002", "email": "bob@example.com", "email_verified": True}


def linked_providers(call: Api, bearer: str) -> list[str]:
    """Return the providers of the user's accounts."""
    return [account["providerId"] for account in call(LIST, bearer=bearer).json]


def link_by_id_token(call: Api, bearer: str, token: str) -> Response:
    """Link with an ID token instead of a redirect."""
    return call(LINK, bearer=bearer, json={"provider": "google", "idToken": {"token": token}})


def test_a_linked_account_can_sign_in(call: Api, oauth_flow: OAuthFlow, ann: Person) -> None:
    response = oauth_flow.complete(oauth_flow.begin(LINK, bearer=ann.token, callbackURL="/account"))

    user = call("GET /api/auth/me", bearer=token_of(oauth_flow.sign_in())).json["user"]
    assert (response.status, response.headers["location"]) == (302, "/account")
    assert "set-auth-token" not in response.headers
    assert linked_providers(call, ann.token) == ["credential", "google"]
    assert user["id"] == ann.id


def test_linking_again_adds_scopes_and_keeps_one_account(call: Api, oauth_flow: OAuthFlow, ann: Person) -> None:
    oauth_flow.link(ann.token)
    oauth_flow.complete(oauth_flow.begin(LINK, bearer=ann.token, scopes=["calendar"]))
    oauth_flow.link(ann.token)

    _, google = call(LIST, bearer=ann.token).json
    assert google["scopes"] == ["email", "profile", "openid", "calendar"]


@pytest.mark.parametrize("ends", ["sign-out", "revoke-sessions"])
def test_the_session_that_began_the_flow_must_be_valid_at_the_callback(
    call: Api, oauth_flow: OAuthFlow, ann: Person, people: People, ends: str
) -> None:
    sent = oauth_flow.begin(LINK, bearer=ann.token)
    call(f"POST /api/auth/{ends}", bearer=ann.token)

    assert error_of(oauth_flow.complete(sent)) == "unable_to_link_account"
    assert linked_providers(call, people.sign_in(ann.email).token) == ["credential"]


def test_the_session_that_began_the_flow_must_not_end_while_the_account_is_linked(
    call: Api, oauth_flow: OAuthFlow, ann: Person, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An owner who ends all sessions ends the linking that a thief has begun in one of them."""
    authorization = oauth_flow.begin(LINK, bearer=ann.token)
    revoke = lambda: call("POST /api/auth/revoke-sessions", bearer=ann.token)  # noqa: E731 -- one line
    interleave(monkeypatch, "oauth.flows", "batch_get", revoke)

    assert error_of(oauth_flow.complete(authorization)) == "unable_to_link_account"
    assert linked_providers(call, people.sign_in(ann.email).token) == ["credential"]


def test_the_session_that_began_the_flow_must_not_have_expired(
    call: Api, oauth_flow: OAuthFlow, people: People, settings: Callable[..., None], advance_clock: Callable[..., None]
) -> None:
    email = people.verified("ann")
    settings(session_lifetime="60")
    short = people.sign_in(email)
    sent = oauth_flow.begin(LINK, bearer=short.token)
    advance_clock(minutes=2)

    assert error_of(oauth_flow.complete(sent)) == "unable_to_link_account"
    settings(session_lifetime="3600")
    assert linked_providers(call, people.sign_in(email).token) == ["credential"]


def test_s_62_an_account_linked_to_another_user_stays_theirs(
    call: Api, oauth_flow: OAuthFlow, google: Provider, people: People, cloud: Cloud
) -> None:
    bob = token_of(oauth_flow.sign_in(**BOB))
    ann = people.signed_in("ann")
    before = rows(cloud, "UsersTable")
    response = oauth_flow.link(ann.token, **BOB | {"email": "ann@example.com"})
    direct = link_by_id_token(call, ann.token, google.id_token(**BOB | {"email": ann.email}))

    assert error_of(response) == "account_already_linked_to_different_user"
    assert (direct.status, direct.code) == (409, "SOCIAL_ACCOUNT_ALREADY_LINKED")
    assert linked_providers(call, bob) == ["google"]
    assert rows(cloud, "UsersTable") == before


@pytest.mark.parametrize(
    "case",
    [
        ({"email": "other@example.com"}, "email_does_not_match", "LINKING_DIFFERENT_EMAILS_NOT_ALLOWED"),
        ({"email_verified": False}, "unable_to_link_account", "LINKING_NOT_ALLOWED"),
        ({"email_verified": "true"}, "unable_to_link_account", "LINKING_NOT_ALLOWED"),
    ],
    ids=str,
)
def test_an_account_with_another_or_an_unverified_address_is_not_linked(
    call: Api, oauth_flow: OAuthFlow, google: Provider, ann: Person, case: tuple[dict[str, Any], str, str]
) -> None:
    claims, error, code = case
    person: dict[str, Any] = {"sub": "1001", "email": ann.email, "email_verified": True} | claims
    direct = link_by_id_token(call, ann.token, google.id_token(**person))

    assert error_of(oauth_flow.link(ann.token, **person)) == error
    assert (direct.status, direct.code) == (401, code)
    assert linked_providers(call, ann.token) == ["credential"]


def test_a_user_with_an_unverified_address_links_nothing(
    call: Api, oauth_flow: OAuthFlow, settings: Callable[..., None]
) -> None:
    settings(require_email_verification="false")
    new = {"email": "ann@example.com", "password": "correct horse battery"}
    token = call("POST /api/auth/sign-up/email", json=new).json["token"]

    assert error_of(oauth_flow.link(token)) == "unable_to_link_account"
    assert linked_providers(call, token) == ["credential"]


def test_an_id_token_links_without_redirect(call: Api, google: Provider, ann: Person) -> None:
    response = link_by_id_token(call, ann.token, google.id_token())

    assert (response.status, response.json) == (200, {"url": "", "status": True, "redirect": False})
    assert linked_providers(call, ann.token) == ["credential", "google"]


def test_an_invalid_id_token_links_nothing(call: Api, google: Provider, ann: Person) -> None:
    response = link_by_id_token(call, ann.token, google.id_token(aud="another"))

    assert (response.status, response.code) == (401, "INVALID_TOKEN")
    assert linked_providers(call, ann.token) == ["credential"]


def test_the_number_of_links_is_limited(
    call: Api, google: Provider, ann: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layer("oauth.flows"), "MAX_LINKS", 2)
    codes = [link_by_id_token(call, ann.token, google.id_token(sub=str(number))).status for number in range(3)]

    assert codes == [200, 200, 401]
    assert linked_providers(call, ann.token) == ["credential", "google", "google"]


def test_a_provider_that_is_not_configured_is_not_found(call: Api, ann: Person) -> None:
    assert call(LINK, bearer=ann.token, json={"provider": "google"}).code == "PROVIDER_NOT_FOUND"
