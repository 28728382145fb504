"""POST /api/auth/get-access-token: a provider's access token, for the user to whom it was issued."""

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
    """The session token of a user who signed in with Google; the access token is valid for an hour."""
    google.token_fields = dict(TOKENS)
    return token_of(oauth_flow.sign_in())


def get_token(call: Api, bearer: str, account: str | None = None, **more: Any) -> Response:
    """Request the token of an account, by default the user's last account."""
    return call(GET, bearer=bearer, json={"accountId": account or account_id(call, bearer)} | more)


def test_the_response_has_token_expiry_and_scopes(call: Api, google: Provider, ann: str) -> None:
    response = get_token(call, ann)

    assert response.status == 200
    assert set(response.json) == {"accessToken", "accessTokenExpiresAt", "scopes", "idToken"}
    assert (response.json["accessToken"], response.json["scopes"]) == ("access-1", ["email", "profile", "openid"])
    assert len(google.requests("/token")) == 1


def test_a_token_without_expiry_is_returned_without_one(call: Api, google: Provider, oauth_flow: OAuthFlow) -> None:
    google.token_fields = {"expires_in": None}
    response = get_token(call, token_of(oauth_flow.sign_in()))

    assert set(response.json) == {"accessToken", "scopes", "idToken"}


@pytest.mark.parametrize("case", [(3590, "access-1"), (3596, "access-2"), (7200, "access-2")], ids=str)
def test_an_expiring_token_is_refreshed_and_stored(
    call: Api, google: Provider, ann: str, advance_clock: Callable[..., None], case: tuple[int, str]
) -> None:
    seconds, token = case
    account = account_id(call, ann)
    google.token_fields = {"access_token": "access-2"}
    advance_clock(seconds=seconds)

    assert [get_token(call, ann, account).json["accessToken"] for _ in range(2)] == [token] * 2
    assert len(google.requests("/token")) == (2 if token == "access-2" else 1)


def test_a_rotated_refresh_token_is_used_next(
    call: Api, google: Provider, ann: str, advance_clock: Callable[..., None]
) -> None:
    for number in (2, 3):
        google.token_fields = {"access_token": f"access-{number}", "refresh_token": f"refresh-{number}"}
        advance_clock(hours=2)
        get_token(call, ann)

    assert [asked.form.get("refresh_token") for asked in google.requests("/token")] == [None, "refresh-1", "refresh-2"]


def test_signing_in_again_stores_new_tokens_and_keeps_the_refresh_token(
    call: Api, google: Provider, oauth_flow: OAuthFlow, ann: str, advance_clock: Callable[..., None]
) -> None:
    google.token_fields = {"access_token": "access-2", "refresh_token": None}
    oauth_flow.sign_in()
    assert get_token(call, ann).json["accessToken"] == "access-2"
    advance_clock(hours=2)
    get_token(call, ann)

    assert google.requests("/token")[-1].form["refresh_token"] == "refresh-1"


@pytest.mark.parametrize("status", [400, 500])
def test_a_failed_refresh_is_reported(
    call: Api, google: Provider, ann: str, advance_clock: Callable[..., None], status: int
) -> None:
    google.behaviour["/token"] = lambda handler: reply(handler, status, {"error": "invalid_grant"})
    advance_clock(hours=2)
    response = get_token(call, ann)

    assert (response.status, response.code) == (400, "FAILED_TO_GET_ACCESS_TOKEN")
    assert len(google.requests("/token")) == 2


def test_a_sign_in_without_access_token_has_none(call: Api, google: Provider) -> None:
    given = {"provider": "google", "idToken": {"token": google.id_token()}}
    token = call("POST /api/auth/sign-in/social", json=given).json["token"]

    assert get_token(call, token).code == "FAILED_TO_GET_ACCESS_TOKEN"


def test_s_67_s_68_another_users_account_is_not_found_even_with_their_user_id(
    call: Api, oauth_flow: OAuthFlow, ann: str
) -> None:
    bob = token_of(oauth_flow.sign_in(sub="2002", email="bob@example.com", email_verified=True))
    user_id = call("GET /api/auth/me", bearer=bob).json["user"]["id"]

    for account, more in ((account_id(call, bob), {}), ("x" * 32, {}), (account_id(call, bob), {"userId": user_id})):
        response = get_token(call, ann, account, **more)
        assert (response.status, response.code) == (400, "ACCOUNT_NOT_FOUND")
    assert get_token(call, ann, userId=user_id).status == 200


@pytest.mark.parametrize(
    "body", [{"useAccountCookie": True}, {"accountId": "x" * 5000}, {"accountId": "credential-1"}], ids=str
)
def test_an_unknown_account_is_not_found(call: Api, ann: str, body: dict[str, Any]) -> None:
    response = call(GET, bearer=ann, json=body)

    assert (response.status, response.code) == (400, "ACCOUNT_NOT_FOUND")


def test_a_password_account_has_no_tokens(call: Api, people: People) -> None:
    ann = people.signed_in()

    assert get_token(call, ann.token).code == "PROVIDER_NOT_SUPPORTED"


def test_a_provider_that_is_no_longer_configured_gives_no_token(
    call: Api, ann: str, settings: Callable[..., None]
) -> None:
    settings(google_client_id="")

    assert get_token(call, ann).code == "PROVIDER_NOT_SUPPORTED"


def test_oa_4_no_token_is_stored_unencrypted(cloud: Cloud, google: Provider, ann: str) -> None:
    assert ann
    (row,) = [row for row in rows(cloud, "UsersTable") if "sealed" in row]
    text = repr(rows(cloud, "UsersTable"))

    assert not any(token in text for token in ("access-1", "refresh-1", "eyJ"))
    assert len(row["sealed"]) > len(google.id_token())


def test_oa_4_encrypted_tokens_are_bound_to_their_row(cloud: Cloud, call: Api, oauth_flow: OAuthFlow, ann: str) -> None:
    bob = token_of(oauth_flow.sign_in(sub="2002", email="bob@example.com", email_verified=True))
    mine, theirs = (row for row in rows(cloud, "UsersTable") if "sealed" in row)
    cloud.client("dynamodb").update_item(
        TableName="UsersTable",
        Key={"pk": {"S": mine["pk"]}, "sk": {"S": mine["sk"]}},
        UpdateExpression="SET sealed = :sealed",
        ExpressionAttributeValues={":sealed": {"B": theirs["sealed"]}},
    )

    assert {get_token(call, token).status for token in (ann, bob)} == {200, 400}


def test_tokens_survive_one_rotation_of_the_secret_and_no_emergency_rotation(
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
