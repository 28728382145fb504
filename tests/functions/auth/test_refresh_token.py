"""POST /api/auth/refresh-token: refreshes a provider's tokens."""

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.auth_calls import account_id
from tests.support.calls import Api, Response
from tests.support.oauth_flow import OAuthFlow, token_of
from tests.support.provider import Provider, reply
from tests.support.tables import rows

REFRESH = "POST /api/auth/refresh-token"


@pytest.fixture
def ann(google: Provider, oauth_flow: OAuthFlow) -> str:
    """The session token of a user who signed in with Google."""
    google.token_fields = {"access_token": "access-1", "refresh_token": "refresh-1", "refresh_token_expires_in": 86_400}
    return token_of(oauth_flow.sign_in())


def refresh(call: Api, bearer: str, account: str | None = None) -> Response:
    """Refresh the tokens of an account, by default the user's last account."""
    return call(REFRESH, bearer=bearer, json={"accountId": account or account_id(call, bearer)})


def test_the_response_has_all_tokens(call: Api, google: Provider, ann: str) -> None:
    google.token_fields = {"access_token": "access-2"}
    response = refresh(call, ann)

    assert response.status == 200
    assert set(response.json) == {
        "accessToken",
        "refreshToken",
        "accessTokenExpiresAt",
        "refreshTokenExpiresAt",
        "scope",
        "idToken",
        "providerId",
        "accountId",
    }
    assert (response.json["accessToken"], response.json["refreshToken"]) == ("access-2", "refresh-1")
    assert (response.json["providerId"], response.json["scope"]) == ("google", "email,profile,openid")
    assert response.json["accountId"] == account_id(call, ann)
    assert google.requests("/token")[-1].form["refresh_token"] == "refresh-1"


def test_an_invalid_refresh_token_lifetime_is_omitted(call: Api, google: Provider, ann: str) -> None:
    google.token_fields = {"access_token": "access-2", "refresh_token": "refresh-2", "refresh_token_expires_in": "junk"}

    assert "refreshTokenExpiresAt" not in refresh(call, ann).json
    assert refresh(call, ann).json["refreshToken"] == "refresh-2"


@pytest.mark.parametrize("status", [400, 401, 500])
def test_a_failed_refresh_is_reported_and_keeps_the_stored_tokens(
    call: Api, cloud: Cloud, google: Provider, ann: str, status: int
) -> None:
    before = rows(cloud, "UsersTable")
    google.behaviour["/token"] = lambda handler: reply(handler, status, {"error": "invalid_grant"})
    response = refresh(call, ann)

    assert (response.status, response.code) == (400, "FAILED_TO_REFRESH_ACCESS_TOKEN")
    assert rows(cloud, "UsersTable") == before


def test_an_account_without_refresh_token_is_reported(call: Api, google: Provider, oauth_flow: OAuthFlow) -> None:
    google.token_fields = {"refresh_token": None}
    response = refresh(call, token_of(oauth_flow.sign_in()))

    assert (response.status, response.code) == (400, "REFRESH_TOKEN_NOT_FOUND")


def test_an_account_unlinked_during_the_refresh_is_not_restored(
    call: Api, cloud: Cloud, google: Provider, ann: str
) -> None:
    def unlinked_meanwhile(handler: object) -> None:
        for row in rows(cloud, "UsersTable"):
            if "sealed" in row:
                key = {"pk": {"S": row["pk"]}, "sk": {"S": row["sk"]}}
                cloud.client("dynamodb").delete_item(TableName="UsersTable", Key=key)
        reply(handler, 200, {"access_token": "access-2"})  # type: ignore[arg-type] # it is one

    google.behaviour["/token"] = unlinked_meanwhile
    response = refresh(call, ann)

    assert (response.status, response.code) == (400, "ACCOUNT_NOT_FOUND")
    assert [row for row in rows(cloud, "UsersTable") if "sealed" in row] == []


def test_another_users_account_is_not_found(call: Api, oauth_flow: OAuthFlow, ann: str) -> None:
    bob = token_of(oauth_flow.sign_in(sub="2002", email="bob@example.com", email_verified=True))

    assert refresh(call, ann, account_id(call, bob)).code == "ACCOUNT_NOT_FOUND"
    assert call(REFRESH, json={"accountId": "x" * 32}).code == "UNAUTHORIZED"
