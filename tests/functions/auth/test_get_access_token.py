"""POST /api/auth/get-access-token: a provider's access token, for the user whom it was given for."""

from collections.abc import Callable
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.auth_calls import account_id
from tests.support.calls import Api, Response
from tests.support.layer import layer
from tests.support.oauth_flow import OAuthFlow, token_of
from tests.support.people import People
from tests.support.provider import Provider, reply
from tests.support.tables import rows

GET = "POST /api/auth/get-access-token"
TOKENS = {"access_token": "access-1", "refresh_token": "refresh-1"}


@pytest.fixture
def ann(google: Provider, oauth_flow: OAuthFlow) -> str:
    """The token of somebody who came by Google, with an access token for an hour."""
    google.token_fields = dict(TOKENS)
    return token_of(oauth_flow.sign_in())


def gets(call: Api, bearer: str, account: str | None = None, **more: Any) -> Response:
    """Ask for the token of an account, by default their own."""
    return call(GET, bearer=bearer, json={"accountId": account or account_id(call, bearer)} | more)


def test_the_token_is_told_with_its_end_and_scopes(call: Api, google: Provider, ann: str) -> None:
    answer = gets(call, ann)

    assert answer.status == 200
    assert set(answer.json) == {"accessToken", "accessTokenExpiresAt", "scopes", "idToken"}
    assert (answer.json["accessToken"], answer.json["scopes"]) == ("access-1", ["email", "profile", "openid"])
    assert len(google.requests("/token")) == 1


def test_a_token_without_an_end_is_told_without_one(call: Api, google: Provider, oauth_flow: OAuthFlow) -> None:
    google.token_fields = {"expires_in": None}
    answer = gets(call, token_of(oauth_flow.sign_in()))

    assert set(answer.json) == {"accessToken", "scopes", "idToken"}


@pytest.mark.parametrize("case", [(3590, "access-1"), (3596, "access-2"), (7200, "access-2")], ids=str)
def test_a_token_near_its_end_is_refreshed_and_kept(
    call: Api, google: Provider, ann: str, advance_clock: Callable[..., None], case: tuple[int, str]
) -> None:
    seconds, token = case
    account = account_id(call, ann)
    google.token_fields = {"access_token": "access-2"}
    advance_clock(seconds=seconds)

    assert [gets(call, ann, account).json["accessToken"] for _ in range(2)] == [token] * 2
    assert len(google.requests("/token")) == (2 if token == "access-2" else 1)


def test_a_provider_that_gives_new_refresh_tokens_is_asked_with_the_newest(
    call: Api, google: Provider, ann: str, advance_clock: Callable[..., None]
) -> None:
    for number in (2, 3):
        google.token_fields = {"access_token": f"access-{number}", "refresh_token": f"refresh-{number}"}
        advance_clock(hours=2)
        gets(call, ann)

    assert [asked.form.get("refresh_token") for asked in google.requests("/token")] == [None, "refresh-1", "refresh-2"]


def test_signing_in_again_brings_newer_tokens_and_keeps_the_refresh_token(
    call: Api, google: Provider, oauth_flow: OAuthFlow, ann: str, advance_clock: Callable[..., None]
) -> None:
    google.token_fields = {"access_token": "access-2", "refresh_token": None}
    oauth_flow.sign_in()
    assert gets(call, ann).json["accessToken"] == "access-2"
    advance_clock(hours=2)
    gets(call, ann)

    assert google.requests("/token")[-1].form["refresh_token"] == "refresh-1"


@pytest.mark.parametrize("status", [400, 500])
def test_a_provider_that_gives_none_any_more_is_told(
    call: Api, google: Provider, ann: str, advance_clock: Callable[..., None], status: int
) -> None:
    google.behaviour["/token"] = lambda handler: reply(handler, status, {"error": "invalid_grant"})
    advance_clock(hours=2)
    answer = gets(call, ann)

    assert (answer.status, answer.code) == (400, "FAILED_TO_GET_ACCESS_TOKEN")
    assert len(google.requests("/token")) == 2


def test_who_brought_no_access_token_gets_none(call: Api, google: Provider) -> None:
    given = {"provider": "google", "idToken": {"token": google.id_token()}}
    token = call("POST /api/auth/sign-in/social", json=given).json["token"]

    assert gets(call, token).code == "FAILED_TO_GET_ACCESS_TOKEN"


def test_s_67_s_68_the_account_of_another_is_not_there_whose_ever_it_is_said_to_be(
    call: Api, oauth_flow: OAuthFlow, ann: str
) -> None:
    bob = token_of(oauth_flow.sign_in(sub="2002", email="bob@example.com", email_verified=True))
    user_id = call("GET /api/auth/me", bearer=bob).json["user"]["id"]

    for account, more in ((account_id(call, bob), {}), ("x" * 32, {}), (account_id(call, bob), {"userId": user_id})):
        answer = gets(call, ann, account, **more)
        assert (answer.status, answer.code) == (400, "ACCOUNT_NOT_FOUND")
    assert gets(call, ann, userId=user_id).status == 200


@pytest.mark.parametrize(
    "body", [{"useAccountCookie": True}, {"accountId": "x" * 5000}, {"accountId": "credential-1"}], ids=str
)
def test_what_is_no_account_is_not_found(call: Api, ann: str, body: dict[str, Any]) -> None:
    answer = call(GET, bearer=ann, json=body)

    assert (answer.status, answer.code) == (400, "ACCOUNT_NOT_FOUND")


def test_a_password_has_no_tokens(call: Api, people: People) -> None:
    ann = people.signed_in()

    assert gets(call, ann.token).code == "PROVIDER_NOT_SUPPORTED"


def test_a_provider_that_is_not_configured_any_more_gives_none(
    call: Api, ann: str, settings: Callable[..., None]
) -> None:
    settings(google_client_id="")

    assert gets(call, ann).code == "PROVIDER_NOT_SUPPORTED"


def test_oa_4_no_token_lies_open_in_the_database(cloud: Cloud, google: Provider, ann: str) -> None:
    assert ann
    (row,) = [row for row in rows(cloud, "UsersTable") if "sealed" in row]
    text = repr(rows(cloud, "UsersTable"))

    assert not any(token in text for token in ("access-1", "refresh-1", "eyJ"))
    assert len(row["sealed"]) > len(google.id_token())


def test_oa_4_sealed_tokens_open_in_their_own_row_alone(
    cloud: Cloud, call: Api, oauth_flow: OAuthFlow, ann: str
) -> None:
    bob = token_of(oauth_flow.sign_in(sub="2002", email="bob@example.com", email_verified=True))
    mine, theirs = (row for row in rows(cloud, "UsersTable") if "sealed" in row)
    cloud.client("dynamodb").update_item(
        TableName="UsersTable",
        Key={"pk": {"S": mine["pk"]}, "sk": {"S": mine["sk"]}},
        UpdateExpression="SET sealed = :sealed",
        ExpressionAttributeValues={":sealed": {"B": theirs["sealed"]}},
    )

    assert {gets(call, token).status for token in (ann, bob)} == {200, 400}


def test_tokens_outlive_one_rotation_of_the_secret_and_not_an_emergency(
    call: Api, cloud: Cloud, ann: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    account, keyring = account_id(call, ann), layer("keys.keyring")
    version = layer("keys").current_keyring().newest
    for versions, status in ((["newer", version], 200), (["newer"], 400)):
        monkeypatch.setattr(keyring.Keyring, "versions", versions)
        (row,) = [row for row in rows(cloud, "UsersTable") if "sealed" in row]
        profile = layer("dynamodb").batch_get((layer("oauth.table").AccountRow, row["pk"], row["sk"]))[0]
        assert row["account_id"] == account
        assert bool(layer("oauth.token_storage").load_tokens(profile).access_token) == (status == 200)
