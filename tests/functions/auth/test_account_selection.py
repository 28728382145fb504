"""How account-info, get-access-token and refresh-token select an account, also as before better-auth 1.7."""

from typing import Any

import pytest

from tests.support.auth_calls import account_id
from tests.support.calls import Api, Response
from tests.support.oauth_flow import OAuthFlow, token_of
from tests.support.people import People, Person
from tests.support.provider import Provider

INFO, GET, REFRESH = "GET /api/auth/account-info", "POST /api/auth/get-access-token", "POST /api/auth/refresh-token"
ROUTES = pytest.mark.parametrize("route", [INFO, GET, REFRESH])


@pytest.fixture
def ann(people: People, oauth_flow: OAuthFlow) -> Person:
    """A user with a password and an account at Google."""
    person = people.signed_in("ann")
    oauth_flow.link(person.token)
    return person


def select(call: Api, route: str, bearer: str, **selection: Any) -> Response:
    """Call a route for an account."""
    return call(route, bearer=bearer, **({"query": selection} if route.startswith("GET") else {"json": selection}))


@ROUTES
def test_the_providers_own_id_or_the_provider_selects_an_account(call: Api, ann: Person, route: str) -> None:
    ours = {"accountId": account_id(call, ann.token)}
    for selection in (ours, {"accountId": "1001"}, {"providerId": "google"}):
        for provider in ({}, {"providerId": "google"}):
            assert select(call, route, ann.token, **selection | provider).status == 200, selection


@ROUTES
def test_our_id_costs_one_read(call: Api, ann: Person, route: str) -> None:
    for provider in ({}, {"providerId": "google"}):
        select(call, route, ann.token, accountId=account_id(call, ann.token), **provider)
        assert [name for name in call.aws_operations if name == "BatchGetItem"] == ["BatchGetItem"] * 2


@ROUTES
def test_what_does_not_match_is_not_found(call: Api, ann: Person, oauth_flow: OAuthFlow, route: str) -> None:
    bob = token_of(oauth_flow.sign_in(sub="2002", email="bob@example.com", email_verified=True))
    ours, theirs = account_id(call, ann.token), account_id(call, bob)
    selections: list[dict[str, Any]] = [{"accountId": account} for account in ("2002", theirs, "x" * 32, "google")]
    selections += [{"providerId": "oidc", "accountId": account} for account in ("1001", ours)]
    selections += [{"providerId": "google", "accountId": account} for account in ("2002", theirs, ann.id, "")]
    selections += [{"providerId": "oidc"}, {"providerId": "", "accountId": ours}]

    for selection in selections:
        response = select(call, route, ann.token, **selection)
        assert (response.status, response.code) == (400, "ACCOUNT_NOT_FOUND"), selection


@ROUTES
def test_the_password_has_no_provider(call: Api, ann: Person, route: str) -> None:
    expected = "PROVIDER_NOT_CONFIGURED" if route == INFO else "PROVIDER_NOT_SUPPORTED"
    for selection in ({"accountId": ann.id}, {"providerId": "credential"}, {"accountId": f"credential-{ann.id}"}):
        assert select(call, route, ann.token, **selection).code == expected, selection


@ROUTES
def test_an_account_must_be_named(call: Api, ann: Person, route: str) -> None:
    for selection in ({}, {"accountId": ""}, {"providerId": ""}):
        assert select(call, route, ann.token, **selection).code == "VALIDATION_ERROR", selection


@ROUTES
def test_one_id_at_two_providers_needs_the_provider(
    call: Api, ann: Person, google: Provider, other_provider: OAuthFlow, route: str
) -> None:
    other_provider.link(ann.token, sub="1001", email=ann.email, email_verified=True)
    google.token_fields = {}

    assert select(call, route, ann.token, accountId="1001").code == "VALIDATION_ERROR"
    for provider in ("google", "oidc"):
        response = select(call, route, ann.token, accountId="1001", providerId=provider)
        shown = response.json.get("account", response.json)
        assert (response.status, shown.get("providerId", provider)) == (200, provider)


@ROUTES
def test_several_accounts_of_one_provider_are_not_guessed_at(
    call: Api, ann: Person, oauth_flow: OAuthFlow, route: str
) -> None:
    oauth_flow.link(ann.token, sub="1002", email=ann.email, email_verified=True, hd="example.com")

    assert select(call, route, ann.token, providerId="google").code == "VALIDATION_ERROR"
    assert select(call, route, ann.token, providerId="google", accountId="1002").status == 200
