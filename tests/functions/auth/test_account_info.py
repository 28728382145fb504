"""GET /api/auth/account-info: the claims of a linked account's ID token."""

import pytest

from tests.support.auth_calls import account_id
from tests.support.calls import Api, Response
from tests.support.layer import layer
from tests.support.oauth_flow import OAuthFlow, token_of
from tests.support.people import Person
from tests.support.provider import Provider

INFO = "GET /api/auth/account-info"
PERSON = {
    "sub": "1001",
    "email": "ann@example.com",
    "email_verified": True,
    "name": "Ann",
    "picture": "https://img.example/ann.png",
    "hd": "example.com",
}


def info(call: Api, bearer: str, account: str | None = None) -> Response:
    """Request an account's claims, by default those of the user's last account."""
    return call(INFO, bearer=bearer, query={"accountId": account or account_id(call, bearer)})


def test_the_claims_are_returned_unchanged(call: Api, google: Provider, oauth_flow: OAuthFlow) -> None:
    ann = token_of(oauth_flow.sign_in(**PERSON))
    response = info(call, ann)

    user = {"name": "Ann", "email": "ann@example.com", "image": PERSON["picture"], "emailVerified": True}
    assert (response.status, response.json["user"]) == (200, user)
    assert response.json["account"] == {"id": account_id(call, ann), "providerId": "google", "accountId": "1001"}
    assert response.json["data"].items() >= PERSON.items()
    assert response.json["data"]["iss"] == google.url


def test_a_missing_name_claim_is_omitted(call: Api, oauth_flow: OAuthFlow) -> None:
    person = {name: value for name, value in PERSON.items() if name not in {"name", "picture"}}
    response = info(call, token_of(oauth_flow.sign_in(**person, name=None)))

    assert response.json["user"] == {"email": "ann@example.com", "emailVerified": True}


def test_undecryptable_claims_are_unavailable(
    call: Api, oauth_flow: OAuthFlow, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = token_of(oauth_flow.sign_in())
    account = account_id(call, ann)
    monkeypatch.setattr(layer("oauth.token_storage"), "decrypt", lambda *_: None)
    response = info(call, ann, account)

    assert (response.status, response.code) == (401, "FAILED_TO_GET_USER_INFO")


def test_another_users_account_is_not_found(call: Api, oauth_flow: OAuthFlow) -> None:
    ann = token_of(oauth_flow.sign_in())
    bob = token_of(oauth_flow.sign_in(sub="2002", email="bob@example.com", email_verified=True))

    assert info(call, ann, account_id(call, bob)).code == "ACCOUNT_NOT_FOUND"
    assert call(INFO, bearer=ann).code == "VALIDATION_ERROR"
    assert info(call, ann, "x" * 5000).code == "ACCOUNT_NOT_FOUND"


def test_a_password_account_has_no_claims(call: Api, ann: Person) -> None:
    response = info(call, ann.token)

    assert (response.status, response.code) == (400, "PROVIDER_NOT_CONFIGURED")
