"""GET /api/auth/jwks: the public keys that access tokens are signed with, and nothing else of them."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import jwt
import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.calls import Api, Response
from tests.support.concurrency import run_concurrently
from tests.support.interleaving import interleave
from tests.support.layer import layer
from tests.support.people import PASSWORD, People

JWKS = "GET /api/auth/jwks"
KEYRING = {"user_id": {"S": "KEYRING"}, "session_id": {"S": "KEYRING"}}
FIRST_USERS = ("get_session", "token", "jwks", "refresh", "sign_in", "sign_up")


def published(cloud: Cloud) -> dict[str, Any] | None:
    """The keyring's row."""
    row: dict[str, Any] | None = (
        cloud.client("dynamodb").get_item(TableName="SessionsTable", Key=KEYRING, ConsistentRead=True).get("Item")
    )
    return row


def unpublish(cloud: Cloud) -> None:
    """A stack that was just deployed: no keyring, and a process that knows of none."""
    cloud.client("dynamodb").delete_item(TableName="SessionsTable", Key=KEYRING)
    layer("keys.keyring").clear_cache()


def test_a_public_key_is_shown_whole_and_no_private_one(call: Api) -> None:
    """S-33."""
    answer = call(JWKS)

    (key,) = answer.json["keys"]
    assert (answer.status, set(answer.json)) == (200, {"keys"})
    assert set(key) == {"alg", "crv", "kid", "kty", "x"}
    assert (key["alg"], key["crv"], key["kty"]) == ("EdDSA", "Ed25519", "OKP")
    assert len(urlsafe_b64decode(key["x"] + "=")) == 32
    assert jwt.PyJWKSet.from_dict(answer.json)[key["kid"]].algorithm_name == "EdDSA"


def test_no_private_byte_is_anywhere(call: Api, cloud: Cloud) -> None:
    private = layer("keys.access_tokens")._private_key(layer("keys").current_keyring().newest).private_bytes_raw()

    for text in (call(JWKS).text, str(published(cloud))):
        for encoded in (private.hex(), urlsafe_b64encode(private).decode().rstrip("=")):
            assert encoded not in text


def test_strangers_may_see_it_whatever_they_bring(call: Api) -> None:
    for request in ({}, {"bearer": "garbage"}, {"cookies": ["__Secure-better-auth.session_token=x"]}):
        assert call(JWKS, **request).status == 200


def test_the_key_stays_the_same(call: Api) -> None:
    first = call(JWKS).json
    layer("keys.keyring").clear_cache()

    assert call(JWKS).json == first


def first_use(call: Api, people: People, cloud: Cloud, settings: Callable[..., None], by: str) -> Response:
    """Let a function be the first that needs the key."""
    if by == "sign_up":
        settings(require_email_verification="false")
        unpublish(cloud)
        return call("POST /api/auth/register", json={"email": "bob@example.com", "password": PASSWORD})
    ann = {"email": people.verified(), "password": PASSWORD}
    entered = call("POST /api/auth/login", json=ann).json
    token = call("POST /api/auth/sign-in/email", json=ann).json["token"]
    unpublish(cloud)
    requests: dict[str, tuple[str, dict[str, Any]]] = {
        "get_session": ("GET /api/auth/get-session", {"bearer": token}),
        "token": ("GET /api/auth/token", {"bearer": token}),
        "jwks": (JWKS, {}),
        "refresh": ("POST /api/auth/refresh", {"json": {"refresh_token": entered["refresh_token"]}}),
        "sign_in": ("POST /api/auth/login", {"json": ann}),
    }
    route, request = requests[by]
    return call(route, **request)


@pytest.mark.parametrize("by", FIRST_USERS)
def test_whoever_needs_the_key_first_publishes_it(
    call: Api, people: People, cloud: Cloud, settings: Callable[..., None], by: str
) -> None:
    """A key that nobody can look up signs nothing."""
    answer = first_use(call, people, cloud, settings, by)

    assert answer.status in {200, 201}, answer.text
    assert "PutItem" in call.aws_operations
    row = published(cloud)
    assert row
    (key,) = call(JWKS).json["keys"]
    assert key["kid"] in row["public_keys"]["S"]
    token = answer.headers.get("set-auth-jwt") or answer.json.get("access_token") or answer.json.get("token")
    if token:
        assert jwt.get_unverified_header(token)["kid"] == key["kid"]
        assert call("GET /api/tasks", bearer=token).status == 200


def test_of_many_first_users_one_publishes(call: Api, cloud: Cloud) -> None:
    unpublish(cloud)

    answers = run_concurrently(lambda _: call(JWKS), range(8))

    assert {answer.status for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1


def test_a_keyring_that_came_meanwhile_is_kept(call: Api, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that saw none must not put its own in the place of one that a rotation just wrote."""
    row = published(cloud)
    assert row
    keys = json.loads(row["public_keys"]["S"])
    row["public_keys"] = {"S": json.dumps(keys | {"next": {"kid": "next"}})}
    unpublish(cloud)
    dynamodb = cloud.client("dynamodb")
    interleave(
        monkeypatch, "keys.keyring", "newest_version", lambda: dynamodb.put_item(TableName="SessionsTable", Item=row)
    )

    answer = call(JWKS)

    assert [key["kid"] for key in answer.json["keys"]] == [*keys, "next"]
    assert published(cloud) == row
