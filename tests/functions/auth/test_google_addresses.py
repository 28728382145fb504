"""Google's `email_verified` is believed where Google hosts the mailbox: elsewhere it may have a new holder since.

https://developers.google.com/identity/gsi/web/guides/verify-google-id-token
"""

from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.auth_calls import sign_in
from tests.support.calls import Api
from tests.support.oauth_flow import LINK, SOCIAL, OAuthFlow, error_of, token_of
from tests.support.people import People
from tests.support.provider import Provider
from tests.support.tables import tables_unchanged

HOSTED: list[dict[str, Any]] = [
    {"email": "ann@gmail.com", "hd": None},
    {"email": "Ann@GMail.com", "hd": None},
    {"email": "ann@example.com", "hd": "example.com"},
    {"email": "ann@Example.com", "hd": "EXAMPLE.com"},
    {"email": "ann@b\u00fccher.example", "hd": "xn--bcher-kva.example"},
]
ELSEWHERE: list[dict[str, Any]] = [
    {"email": "ann@example.com", "hd": None},
    {"email": "ann@example.com", "hd": ""},
    {"email": "ann@example.com", "hd": True},
    {"email": "ann@example.com", "hd": ["example.com"]},
    {"email": "ann@example.com", "hd": "example.com.evil.example"},
    {"email": "ann@example.com", "hd": "evil.example"},
    {"email": "ann@sub.example.com", "hd": "example.com"},
    {"email": "ann@example.com", "hd": "gmail.com"},
    {"email": "ann@googlemail.com", "hd": None},
    {"email": "ann@notgmail.com", "hd": None},
    {"email": "ann@gmail.com.example", "hd": None},
    {"email": "ann@gmail.com", "hd": None, "email_verified": False},
    {"email": "ann@example.com", "hd": "example.com", "email_verified": "true"},
]


@pytest.mark.parametrize("claims", HOSTED, ids=str)
def test_an_address_that_google_hosts_is_verified(call: Api, oauth_flow: OAuthFlow, claims: dict[str, Any]) -> None:
    response = oauth_flow.sign_in(sub="1", **claims)

    assert error_of(response) is None
    assert call("GET /api/auth/me", bearer=token_of(response)).json["user"]["emailVerified"] is True


@pytest.mark.parametrize("claims", ELSEWHERE, ids=str)
def test_an_address_elsewhere_registers_nobody(oauth_flow: OAuthFlow, cloud: Cloud, claims: dict[str, Any]) -> None:
    with tables_unchanged(cloud):
        assert error_of(oauth_flow.sign_in(sub="1", **claims)) == "email_not_verified"


@pytest.mark.parametrize("claims", [one for one in ELSEWHERE if one["email"] == "ann@example.com"], ids=str)
def test_who_had_an_address_when_they_joined_google_does_not_join_its_holders_account(
    call: Api, oauth_flow: OAuthFlow, people: People, cloud: Cloud, claims: dict[str, Any]
) -> None:
    """Ann left the company, and another Ann has her address: the first one's Google account still shows it."""
    ann = people.signed_in()
    with tables_unchanged(cloud):
        assert error_of(oauth_flow.sign_in(sub="1", **claims)) == "account_not_linked"
        token = {"token": oauth_flow.provider.id_token(sub="1", **claims)}
        for route, bearer in ((SOCIAL, None), (LINK, ann.token)):
            response = call(route, json={"provider": "google", "idToken": token}, bearer=bearer)
            assert response.status in {401, 403}, response.text
    assert sign_in(call, ann.email).status == 200


def test_a_linked_account_signs_in_although_its_address_moved_elsewhere(call: Api, oauth_flow: OAuthFlow) -> None:
    """Issuer and subject identify it; the address does not matter any more."""
    first = oauth_flow.sign_in(sub="1", email="ann@example.com", hd="example.com")
    again = oauth_flow.sign_in(sub="1", email="ann@example.org", hd=None)

    ids = {call("GET /api/auth/me", bearer=token_of(response)).json["user"]["id"] for response in (first, again)}
    assert len(ids) == 1


def test_another_providers_claim_is_believed_for_any_address(call: Api, oidc: Provider) -> None:
    response = OAuthFlow(call, oidc, "oidc").sign_in(sub="1", email="ann@example.com", hd=None)

    assert error_of(response) is None
