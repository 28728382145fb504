"""Every protected route: whoever has a living session is let in, whichever way it is shown, and nobody else."""

from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.layer.devices import arrives
from tests.layer.every_route import each, visit
from tests.support.auth_calls import request_reset
from tests.support.calls import Api
from tests.support.mailbox import Mailbox
from tests.support.people import People, Person
from tests.support.routes import PROTECTED

NAMES = ("userId", "user_id", "id", "sub", "accountId")
HEADERS = ("x-user-id", "x-userid", "x-forwarded-user", "x-amzn-oidc-identity", "x-authenticated-userid")
GARBAGE = (None, "", "garbage", "x" * 101, "a.b.c", "\xff", "x" * 100_000)


def named(person: Person) -> dict[str, Any]:
    """Somebody in every place of a request where a careless service would look for the caller."""
    return {"query": dict.fromkeys(NAMES, person.id), "headers": dict.fromkeys(HEADERS, person.id)}


@each(PROTECTED)
def test_every_credential_of_a_session_opens_every_route_until_it_is_signed_out(
    call: Api, people: People, route: str
) -> None:
    """S-32, S-37."""
    for number, way in enumerate(("token", "signed token", "cookie", "JWT")):
        device = arrives(call, people.verified(f"ann{number}"))  # one each, for some routes end all that there is
        credential = device.credentials[way]
        assert visit(call, route, device.user_id, **credential).status not in {401, 403, 500}, way

        call("POST /api/auth/sign-out", bearer=device.token)

        answer = visit(call, route, device.user_id, **credential)
        assert answer.status == 401, way
        assert answer.headers["www-authenticate"].startswith("Bearer ")
        assert set(answer.json) - {"details"} == {"code", "message", "requestId"}


@each(PROTECTED)
def test_nobody_passes_without_a_session_and_no_table_is_asked(call: Api, people: People, route: str) -> None:
    """S-66; who is calling is settled before what they sent. CVE-2025-61928, S-68: naming somebody is no session."""
    bob = people.signed_in("bob")
    strangers: list[dict[str, Any]] = [{"bearer": bearer} for bearer in GARBAGE]

    for request in [*strangers, named(bob), {"json": dict.fromkeys(NAMES, bob.id)}]:
        answer = visit(call, route, **request)
        assert (answer.status, call.aws_operations) == (401, []), request


@each(PROTECTED)
def test_what_only_looks_like_a_credential_opens_nothing(call: Api, people: People, route: str) -> None:
    """Another secret behind the coordinates of a session; its claims under another key."""
    device = arrives(call, people.verified())
    claims, header = jwt.decode(device.jwt, options={"verify_signature": False}), jwt.get_unverified_header(device.jwt)
    forged = jwt.encode(claims, Ed25519PrivateKey.generate(), algorithm="EdDSA", headers=header)

    for bearer in (device.token[:58] + "A" * 43, forged, device.refresh):
        assert visit(call, route, device.user_id, bearer=bearer).status == 401


def test_a_mailed_token_is_no_session(call: Api, people: People, mailbox: Mailbox) -> None:
    """S-27."""
    token = request_reset(call, mailbox, people.verified())

    assert call("GET /api/tasks", bearer=token).status == 401
    assert call("GET /api/auth/get-session", bearer=token).text == "null"
