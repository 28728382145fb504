"""POST /api/auth/refresh-token: newer tokens of a provider."""

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
    """The token of somebody who came by Google."""
    google.token_fields = {"access_token": "access-1", "refresh_token": "refresh-1", "refresh_token_expires_in": 86_400}
    return token_of(oauth_flow.sign_in())


def refreshes(call: Api, bearer: str, account: str | None = None) -> Response:
    """Ask for newer tokens of an account, by default their own."""
    return call(REFRESH, bearer=bearer, json={"accountId": account or account_id(call, bearer)})


def test_every_token_is_told(call: Api, google: Provider, ann: str) -> None:
    google.token_fields = {"access_token": "access-2"}
    answer = refreshes(call, ann)

    assert answer.status == 200
    assert set(answer.json) == {
        "accessToken",
        "refreshToken",
        "accessTokenExpiresAt",
        "refreshTokenExpiresAt",
        "scope",
        "idToken",
        "providerId",
        "accountId",
    }
    assert (answer.json["accessToken"], answer.json["refreshToken"]) == ("access-2", "refresh-1")
    assert (answer.json["providerId"], answer.json["scope"]) == ("google", "email,profile,openid")
    assert answer.json["accountId"] == account_id(call, ann)
    assert google.requests("/token")[-1].form["refresh_token"] == "refresh-1"


def test_a_refresh_token_is_good_for_as_long_as_the_provider_says(call: Api, google: Provider, ann: str) -> None:
    google.token_fields = {"access_token": "access-2", "refresh_token": "refresh-2", "refresh_token_expires_in": "junk"}

    assert "refreshTokenExpiresAt" not in refreshes(call, ann).json
    assert refreshes(call, ann).json["refreshToken"] == "refresh-2"


@pytest.mark.parametrize("status", [400, 401, 500])
def test_a_provider_that_gives_none_any_more_is_told_and_nothing_is_lost(
    call: Api, cloud: Cloud, google: Provider, ann: str, status: int
) -> None:
    before = rows(cloud, "UsersTable")
    google.behaviour["/token"] = lambda handler: reply(handler, status, {"error": "invalid_grant"})
    answer = refreshes(call, ann)

    assert (answer.status, answer.code) == (400, "FAILED_TO_REFRESH_ACCESS_TOKEN")
    assert rows(cloud, "UsersTable") == before


def test_who_has_no_refresh_token_is_told(call: Api, google: Provider, oauth_flow: OAuthFlow) -> None:
    google.token_fields = {"refresh_token": None}
    answer = refreshes(call, token_of(oauth_flow.sign_in()))

    assert (answer.status, answer.code) == (400, "REFRESH_TOKEN_NOT_FOUND")


def test_an_account_that_is_unlinked_meanwhile_does_not_come_back(
    call: Api, cloud: Cloud, google: Provider, ann: str
) -> None:
    def unlinked_meanwhile(handler: object) -> None:
        for row in rows(cloud, "UsersTable"):
            if "sealed" in row:
                key = {"pk": {"S": row["pk"]}, "sk": {"S": row["sk"]}}
                cloud.client("dynamodb").delete_item(TableName="UsersTable", Key=key)
        reply(handler, 200, {"access_token": "access-2"})  # type: ignore[arg-type] # it is one

    google.behaviour["/token"] = unlinked_meanwhile
    answer = refreshes(call, ann)

    assert (answer.status, answer.code) == (400, "ACCOUNT_NOT_FOUND")
    assert [row for row in rows(cloud, "UsersTable") if "sealed" in row] == []


def test_the_account_of_another_is_not_there(call: Api, oauth_flow: OAuthFlow, ann: str) -> None:
    bob = token_of(oauth_flow.sign_in(sub="2002", email="bob@example.com", email_verified=True))

    assert refreshes(call, ann, account_id(call, bob)).code == "ACCOUNT_NOT_FOUND"
    assert call(REFRESH, json={"accountId": "x" * 32}).code == "UNAUTHORIZED"
