"""GET /api/auth/account-info: what a provider said of somebody."""

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
    """Ask about an account, by default their own."""
    return call(INFO, bearer=bearer, query={"accountId": account or account_id(call, bearer)})


def test_the_claims_are_told_as_they_were(call: Api, google: Provider, oauth_flow: OAuthFlow) -> None:
    ann = token_of(oauth_flow.sign_in(**PERSON))
    answer = info(call, ann)

    user = {"name": "Ann", "email": "ann@example.com", "image": PERSON["picture"], "emailVerified": True}
    assert (answer.status, answer.json["user"]) == (200, user)
    assert answer.json["account"] == {"id": account_id(call, ann), "providerId": "google", "accountId": "1001"}
    assert answer.json["data"].items() >= PERSON.items()
    assert answer.json["data"]["iss"] == google.url


def test_claims_without_a_name_are_told_without(call: Api, oauth_flow: OAuthFlow) -> None:
    person = {name: value for name, value in PERSON.items() if name not in {"name", "picture"}}
    answer = info(call, token_of(oauth_flow.sign_in(**person, name=None)))

    assert answer.json["user"] == {"email": "ann@example.com", "emailVerified": True}


def test_claims_that_cannot_be_opened_any_more_are_not_there(
    call: Api, oauth_flow: OAuthFlow, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = token_of(oauth_flow.sign_in())
    account = account_id(call, ann)
    monkeypatch.setattr(layer("oauth.token_storage"), "decrypt", lambda *_: None)
    answer = info(call, ann, account)

    assert (answer.status, answer.code) == (401, "FAILED_TO_GET_USER_INFO")


def test_the_account_of_another_is_not_there(call: Api, oauth_flow: OAuthFlow) -> None:
    ann = token_of(oauth_flow.sign_in())
    bob = token_of(oauth_flow.sign_in(sub="2002", email="bob@example.com", email_verified=True))

    assert info(call, ann, account_id(call, bob)).code == "ACCOUNT_NOT_FOUND"
    assert call(INFO, bearer=ann).code == "VALIDATION_ERROR"
    assert info(call, ann, "x" * 5000).code == "ACCOUNT_NOT_FOUND"


def test_a_password_is_nothing_that_a_provider_told(call: Api, ann: Person) -> None:
    answer = info(call, ann.token)

    assert (answer.status, answer.code) == (400, "PROVIDER_NOT_CONFIGURED")
