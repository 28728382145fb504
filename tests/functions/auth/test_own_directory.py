"""Addresses of one's own directory, which Entra ID sends without `email_verified`: believed where a setting says so.

https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference
"""

from collections.abc import Callable
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.auth_calls import sign_in
from tests.support.calls import Api
from tests.support.oauth_flow import LINK, SOCIAL, OAuthFlow, error_of, token_of
from tests.support.people import People
from tests.support.provider import Provider
from tests.support.tables import tables_unchanged

TENANT, OTHER = "72f988bf-86f1-41af-91ab-2d7cd011db47", "9188040d-6c67-4c5b-b112-36a304b66dad"
ENTRA: dict[str, Any] = {"sub": "1", "email_verified": None, "hd": None, "tid": TENANT}
BELIEVED: list[tuple[str, dict[str, Any]]] = [
    ("example.com", {"email": "ann@example.com"}),
    ("example.com", {"email": "Ann@EXAMPLE.com", "tid": None}),
    ("other.example, Example.com", {"email": "ann@example.com"}),
    ("xn--bcher-kva.example", {"email": "ann@b\u00fccher.example"}),
    (TENANT, {"email": "ann@example.com"}),
    (TENANT.upper(), {"email": "guest@elsewhere.example"}),
    (f"other.example,{TENANT}", {"email": "ann@example.com", "tid": TENANT.upper()}),
    ("", {"email": "ann@example.com", "email_verified": True}),
    ("other.example", {"email": "ann@example.com", "email_verified": True}),
]
NOT_BELIEVED: list[tuple[str, dict[str, Any]]] = [
    ("", {"email": "ann@example.com"}),
    ("example.com", {"email": "ann@sub.example.com"}),
    ("sub.example.com", {"email": "ann@example.com"}),
    ("example.com", {"email": "ann@notexample.com"}),
    ("example.com", {"email": "ann@example.com.evil.example"}),
    ("example.com", {"email": "ann@example.org"}),
    (TENANT, {"email": "ann@example.com", "tid": OTHER}),
    (TENANT, {"email": "ann@example.com", "tid": None}),
    (TENANT, {"email": "ann@example.com", "tid": [TENANT]}),
    (TENANT, {"email": "ann@example.com", "tid": None, "tenant": TENANT}),
    ("example.com", {"email": "ann@elsewhere.example", "tid": "example.com"}),
    *(
        (directory, {"email": "ann@example.com", "email_verified": claim})
        for directory in ("example.com", TENANT)
        for claim in (False, "false", "true", 0, 1)
    ),
]


@pytest.fixture
def entra(call: Api, oidc: Provider) -> OAuthFlow:
    """Sign-ins at the second provider."""
    return OAuthFlow(call, oidc, "oidc")


@pytest.mark.parametrize(("directories", "claims"), BELIEVED, ids=str)
def test_an_address_of_a_trusted_directory_is_verified(
    call: Api, entra: OAuthFlow, settings: Callable[..., None], directories: str, claims: dict[str, Any]
) -> None:
    settings(oidc_trusted_directories=directories)

    response = entra.sign_in(**ENTRA | claims)

    assert error_of(response) is None
    assert call("GET /api/auth/me", bearer=token_of(response)).json["user"]["emailVerified"] is True


@pytest.mark.parametrize(("directories", "claims"), NOT_BELIEVED, ids=str)
def test_any_other_address_registers_nobody(
    entra: OAuthFlow, cloud: Cloud, settings: Callable[..., None], directories: str, claims: dict[str, Any]
) -> None:
    """What the provider says of an address counts; only its silence is made up for."""
    settings(oidc_trusted_directories=directories)
    with tables_unchanged(cloud):
        assert error_of(entra.sign_in(**ENTRA | claims)) == "email_not_verified"


def test_a_user_of_the_directory_joins_their_account_and_others_do_not(
    call: Api, entra: OAuthFlow, people: People, cloud: Cloud, settings: Callable[..., None]
) -> None:
    ann = people.signed_in()
    claims = ENTRA | {"email": ann.email}
    with tables_unchanged(cloud):
        assert error_of(entra.sign_in(**claims)) == "account_not_linked"
        token = {"token": entra.provider.id_token(**claims)}
        for route, bearer in ((SOCIAL, None), (LINK, ann.token)):
            assert call(route, json={"provider": "oidc", "idToken": token}, bearer=bearer).status == 401

    settings(oidc_trusted_directories="example.com")
    response = entra.sign_in(**claims)

    assert call("GET /api/auth/me", bearer=token_of(response)).json["user"]["id"] == ann.id
    assert sign_in(call, ann.email).status == 200


def test_google_is_not_believed_by_this_setting(
    oauth_flow: OAuthFlow, cloud: Cloud, settings: Callable[..., None]
) -> None:
    settings(oidc_trusted_directories=f"example.com,{TENANT}")
    with tables_unchanged(cloud):
        for verified in (None, True):
            response = oauth_flow.sign_in(**ENTRA | {"email": "ann@example.com", "email_verified": verified})
            assert error_of(response) == "email_not_verified"
