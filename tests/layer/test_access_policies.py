"""Access policies: a protected route admits every credential of a valid session, and nobody else."""

from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.layer.devices import sign_in_device
from tests.layer.every_route import authorized_request, each
from tests.support.auth_calls import request_reset
from tests.support.calls import Api
from tests.support.mailbox import Mailbox
from tests.support.people import People, Person
from tests.support.routes import PROTECTED, REFUSING_JWT

NAMES = ("userId", "user_id", "id", "sub", "accountId")
HEADERS = ("x-user-id", "x-userid", "x-forwarded-user", "x-amzn-oidc-identity", "x-authenticated-userid")
MALFORMED = (None, "", "garbage", "x" * 101, "a.b.c", "\xff", "x" * 100_000)


def named(person: Person) -> dict[str, Any]:
    """Return a user's id in every part of a request from which a caller could be identified by mistake."""
    return {"query": dict.fromkeys(NAMES, person.id), "headers": dict.fromkeys(HEADERS, person.id)}


@each(PROTECTED)
def test_every_credential_is_accepted_until_its_session_is_signed_out(call: Api, people: People, route: str) -> None:
    """S-32, S-37."""
    for number, kind in enumerate(("token", "signed token", "cookie", "JWT")):
        device = sign_in_device(
            call, people.verified(f"ann{number}")
        )  # one user each, for some routes end all sessions
        credential = device.credentials[kind]
        refusals = {401, 500} if kind == "JWT" and route in REFUSING_JWT else {401, 403, 500}
        assert authorized_request(call, route, device.user_id, **credential).status not in refusals, kind

        call("POST /api/auth/sign-out", bearer=device.token)

        response = authorized_request(call, route, device.user_id, **credential)
        assert response.status == 401, kind
        assert response.headers["www-authenticate"].startswith("Bearer ")
        assert set(response.json) - {"details"} == {"code", "message", "requestId"}


@each(PROTECTED)
def test_a_request_without_session_is_refused_before_any_read(call: Api, people: People, route: str) -> None:
    """S-66; authentication comes before validation. CVE-2025-61928, S-68: an id is no credential."""
    bob = people.signed_in("bob")
    anonymous: list[dict[str, Any]] = [{"bearer": bearer} for bearer in MALFORMED]

    for request in [*anonymous, named(bob), {"json": dict.fromkeys(NAMES, bob.id)}]:
        response = authorized_request(call, route, **request)
        assert (response.status, call.aws_operations) == (401, []), request


@each(PROTECTED)
def test_forged_and_unsuitable_tokens_are_refused(call: Api, people: People, route: str) -> None:
    """A session token with another secret, a JWT under another key, a refresh token."""
    device = sign_in_device(call, people.verified())
    claims, header = jwt.decode(device.jwt, options={"verify_signature": False}), jwt.get_unverified_header(device.jwt)
    forged = jwt.encode(claims, Ed25519PrivateKey.generate(), algorithm="EdDSA", headers=header)

    for bearer in (device.token[:58] + "A" * 43, forged, device.refresh):
        assert authorized_request(call, route, device.user_id, bearer=bearer).status == 401


def test_a_mailed_token_is_no_session(call: Api, people: People, mailbox: Mailbox) -> None:
    """S-27."""
    token = request_reset(call, mailbox, people.verified())

    assert call("GET /api/tasks", bearer=token).status == 401
    assert call("GET /api/auth/get-session", bearer=token).text == "null"
