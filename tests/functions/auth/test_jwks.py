"""GET /api/auth/jwks: the public keys that verify access tokens, and no private ones."""

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
from tests.support.mailbox import Mailbox
from tests.support.people import PASSWORD, People
from tests.support.two_factor import SEND_OTP, VERIFY_BACKUP, VERIFY_OTP, VERIFY_TOTP, Enrolled, give

JWKS = "GET /api/auth/jwks"
KEYRING = {"user_id": {"S": "KEYRING"}, "session_id": {"S": "KEYRING"}}
SECOND_STEPS = {"verify_totp": VERIFY_TOTP, "verify_otp": VERIFY_OTP, "verify_backup_code": VERIFY_BACKUP}
FUNCTIONS = ("get_session", "token", "jwks", "refresh", "sign_in", "sign_up", *SECOND_STEPS)


def keyring_row(cloud: Cloud) -> dict[str, Any] | None:
    """Return the keyring's row."""
    row: dict[str, Any] | None = (
        cloud.client("dynamodb").get_item(TableName="SessionsTable", Key=KEYRING, ConsistentRead=True).get("Item")
    )
    return row


def delete_keyring(cloud: Cloud) -> None:
    """Reset to a newly deployed stack: no keyring, and no cached one."""
    cloud.client("dynamodb").delete_item(TableName="SessionsTable", Key=KEYRING)
    layer("keys.keyring").clear_cache()


def test_the_response_has_the_public_key_and_no_private_one(call: Api) -> None:
    """S-33."""
    response = call(JWKS)

    (key,) = response.json["keys"]
    assert (response.status, set(response.json)) == (200, {"keys"})
    assert set(key) == {"alg", "crv", "kid", "kty", "x"}
    assert (key["alg"], key["crv"], key["kty"]) == ("EdDSA", "Ed25519", "OKP")
    assert len(urlsafe_b64decode(key["x"] + "=")) == 32
    assert jwt.PyJWKSet.from_dict(response.json)[key["kid"]].algorithm_name == "EdDSA"


def test_no_private_key_is_stored_or_returned(call: Api, cloud: Cloud) -> None:
    private = layer("keys.access_tokens")._private_key(layer("keys").current_keyring().newest).private_bytes_raw()

    for text in (call(JWKS).text, str(keyring_row(cloud))):
        for encoded in (private.hex(), urlsafe_b64encode(private).decode().rstrip("=")):
            assert encoded not in text


def test_the_route_is_public_whatever_credentials_come_with_it(call: Api) -> None:
    for request in ({}, {"bearer": "garbage"}, {"cookies": ["__Secure-better-auth.session_token=x"]}):
        assert call(JWKS, **request).status == 200


def test_the_key_stays_the_same(call: Api) -> None:
    first = call(JWKS).json
    layer("keys.keyring").clear_cache()

    assert call(JWKS).json == first


def complete_login(call: Api, people: People, cloud: Cloud, by: str) -> Response:
    """Give the second factor for a sign-in whose response has a JWT."""
    enrolled = Enrolled(call, people.signed_in())
    login = {"email": enrolled.email, "password": PASSWORD}
    waiting = call("POST /api/auth/login", json=login).json["two_factor_token"]
    call(SEND_OTP, json={"two_factor_token": waiting})
    codes = {
        "verify_totp": enrolled.app.code(steps=1),
        "verify_otp": Mailbox(call, cloud).to(enrolled.email)[-1].subject[:6],
        "verify_backup_code": enrolled.backup_codes[0],
    }
    delete_keyring(cloud)
    return give(call, SECOND_STEPS[by], waiting, codes[by])


def use_key(call: Api, people: People, cloud: Cloud, settings: Callable[..., None], by: str) -> Response:
    """Call a function that needs the key before any other has."""
    if by == "sign_up":
        settings(require_email_verification="false")
        delete_keyring(cloud)
        return call("POST /api/auth/register", json={"email": "bob@example.com", "password": PASSWORD})
    if by in SECOND_STEPS:
        return complete_login(call, people, cloud, by)
    ann = {"email": people.verified(), "password": PASSWORD}
    login = call("POST /api/auth/login", json=ann).json
    token = call("POST /api/auth/sign-in/email", json=ann).json["token"]
    delete_keyring(cloud)
    requests: dict[str, tuple[str, dict[str, Any]]] = {
        "get_session": ("GET /api/auth/get-session", {"bearer": token}),
        "token": ("GET /api/auth/token", {"bearer": token}),
        "jwks": (JWKS, {}),
        "refresh": ("POST /api/auth/refresh", {"json": {"refresh_token": login["refresh_token"]}}),
        "sign_in": ("POST /api/auth/login", {"json": ann}),
    }
    route, request = requests[by]
    return call(route, **request)


@pytest.mark.parametrize("by", FUNCTIONS)
def test_the_first_function_that_needs_the_key_publishes_it(
    call: Api, people: People, cloud: Cloud, settings: Callable[..., None], by: str
) -> None:
    """A key is published before it signs anything."""
    response = use_key(call, people, cloud, settings, by)

    assert response.status in {200, 201}, response.text
    assert "PutItem" in call.aws_operations
    row = keyring_row(cloud)
    assert row
    (key,) = call(JWKS).json["keys"]
    assert key["kid"] in row["public_keys"]["S"]
    token = response.headers.get("set-auth-jwt") or response.json.get("access_token") or response.json.get("token")
    if token:
        assert jwt.get_unverified_header(token)["kid"] == key["kid"]
        assert call("GET /api/tasks", bearer=token).status == 200


def test_of_concurrent_first_uses_one_publishes(call: Api, cloud: Cloud) -> None:
    delete_keyring(cloud)

    responses = run_concurrently(lambda _: call(JWKS), range(8))

    assert {response.status for response in responses} == {200}
    assert len({response.text for response in responses}) == 1


def test_a_keyring_written_concurrently_is_kept(call: Api, cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that read no keyring must not overwrite one that a rotation has just written."""
    row = keyring_row(cloud)
    assert row
    keys = json.loads(row["public_keys"]["S"])
    row["public_keys"] = {"S": json.dumps(keys | {"next": {"kid": "next"}})}
    delete_keyring(cloud)
    dynamodb = cloud.client("dynamodb")
    interleave(
        monkeypatch, "keys.keyring", "newest_version", lambda: dynamodb.put_item(TableName="SessionsTable", Item=row)
    )

    response = call(JWKS)

    assert [key["kid"] for key in response.json["keys"]] == [*keys, "next"]
    assert keyring_row(cloud) == row
