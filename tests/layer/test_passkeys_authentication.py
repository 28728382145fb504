"""Sign-ins with passkeys, hostile ones included. py_webauthn judges each as well: what it refuses we refuse, and where
we refuse more there is a reason.
"""

from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import cbor2
import pytest

from tests.support.authenticator import BE, BS, ED, UP, UV, Authenticator, EdDsa, Es256, Json, Rs256
from tests.support.base64url import decode, encode
from tests.support.calls import Api
from tests.support.passkeys import SIGN_IN, Passkeys
from tests.support.people import People
from tests.support.second_opinion import accepts_authentication

KINDS: dict[str, Callable[[], Es256 | EdDsa | Rs256]] = {"ES256": Es256, "EdDSA": EdDsa, "RS256": Rs256}
WRONG, UNKNOWN = (400, "AUTHENTICATION_FAILED"), (401, "AUTHENTICATION_FAILED")
STORED = 5  # the counter of the passkey


@dataclass(frozen=True, slots=True, kw_only=True)
class Hostile:
    """A sign-in that is refused: how its authenticator differs from the registered one.

    `stricter` is the reason where py_webauthn accepts it.
    """

    changes: Json
    answer: tuple[int, str] = WRONG
    stricter: str = ""


def client_data(**changed: Any) -> Json:
    """Return the change of a browser that says something else."""
    return {"change_client_data": lambda said: said | changed}


def data(change: Callable[[bytes], bytes]) -> Json:
    """Return the change to an authenticator that says something else, and signs it."""
    return {"change_data": change}


def response(change: Callable[[Json], Json]) -> Json:
    """Return the change of a response on its way."""
    return {"change_response": change}


def changed_part(**parts: Any) -> Json:
    """The same, for the authenticator's part of it."""
    return response(lambda made: made | {"response": made["response"] | parts})


def without_origin(said: Json) -> Json:
    """Remove the origin."""
    return {name: value for name, value in said.items() if name != "origin"}


def raised(made: Json) -> Json:
    """Return a response with a higher counter than the authenticator signed."""
    said = decode(made["response"]["authenticatorData"])
    return made | {"response": made["response"] | {"authenticatorData": encode(said[:-1] + b"\xff")}}


SOUND: dict[str, Json] = {
    "as it was registered": {},
    "a counter that jumps": {"counter": 2**31},
    "no longer backed up": {"flags": UP | UV | BE},
    "no user handle": {"user_handle": None},
    "extensions": {"extensions": cbor2.dumps({"a": 1})},
    "flags that are reserved": {"flags": UP | UV | BE | BS | 1 << 1 | 1 << 5},
}
HOSTILE: dict[str, Hostile] = {
    # -- What the browser says ------------------------------------------------------
    "of a registration": Hostile(changes=client_data(type="webauthn.create")),
    "another origin": Hostile(changes={"origin": "https://evil.example"}),
    "a subdomain that is not listed": Hostile(changes={"origin": "https://x.api.example.com"}),
    "no origin": Hostile(changes={"change_client_data": without_origin}),
    "an origin that is no text": Hostile(changes=client_data(origin={"x": 1})),
    "in a frame": Hostile(
        changes=client_data(crossOrigin=True), stricter="no page of ours is shown in another's frame"
    ),
    "below another page": Hostile(changes=client_data(topOrigin="https://evil.example"), stricter="the same"),
    "a bound connection": Hostile(
        changes=client_data(tokenBinding={"status": "present", "id": "x"}), stricter="ours cannot be bound"
    ),
    # -- What the authenticator says --------------------------------------------------
    "another relying party": Hostile(changes={"rp_id": "evil.example"}),
    "the user was absent": Hostile(changes={"flags": UV | BE}),
    "the user was not verified": Hostile(changes={"flags": UP | BE}),
    "backed up, but not eligible": Hostile(changes={"flags": UP | UV | BS}),
    "another eligibility than before": Hostile(changes={"flags": UP | UV}, stricter="WebAuthn: it never changes"),
    "the same counter": Hostile(changes={"counter": STORED - 1}),
    "a lower counter": Hostile(changes={"counter": STORED - 2}),
    "no counter any more": Hostile(changes={"counter": 0, "counts": False}),
    "short data": Hostile(changes=data(lambda given: given[:36])),
    "bytes after the data": Hostile(changes=data(lambda given: given + b"\0")),
    "extensions that are missing": Hostile(
        changes=data(lambda given: given[:32] + bytes([given[32] | ED]) + given[33:])
    ),
    # -- The signature ------------------------------------------------------------------
    "a signature of another key": Hostile(changes={"sign": Es256().sign}, answer=UNKNOWN),
    "a signature of another kind": Hostile(changes={"sign": EdDsa().sign}, answer=UNKNOWN),
    "no signature": Hostile(changes={"sign": lambda _: b""}, answer=UNKNOWN),
    "a signature of zeros": Hostile(changes={"sign": lambda _: b"\0" * 64}, answer=UNKNOWN),
    "ECDSA of zeros": Hostile(changes={"sign": lambda _: bytes.fromhex("3006020100020100")}, answer=UNKNOWN),
    "data that was changed afterwards": Hostile(changes=response(raised), answer=UNKNOWN),
    # -- The response around it --------------------------------------------------------
    "another type of credential": Hostile(changes=response(lambda made: made | {"type": "password"})),
    "another id": Hostile(changes=response(lambda made: made | {"id": "eHh4"})),
    "an unknown credential": Hostile(
        changes={"credential_id": b"unknown to us"}, answer=UNKNOWN, stricter="it is asked for the key of another"
    ),
    "the handle of another user": Hostile(
        changes={"user_handle": b"5f0c8b0a-2d0e-4a52-9a3e-0a4b6f6a1c11"}, answer=UNKNOWN, stricter="not looked at"
    ),
    "a handle of another form": Hostile(changes={"user_handle": b"x" * 64}, answer=UNKNOWN, stricter="not looked at"),
    "a handle that is not base64url": Hostile(changes=changed_part(userHandle="!"), stricter="not looked at"),
    "a signature that is not base64url": Hostile(changes=changed_part(signature="!")),
    "data that is not base64url": Hostile(changes=changed_part(authenticatorData="\n")),
}


@pytest.fixture
def passkeys(call: Api) -> Passkeys:
    """Adds passkeys and signs in with them."""
    return Passkeys(call=call)


def judged(call: Api, people: People, passkeys: Passkeys, registered: Authenticator, changes: Json) -> tuple[Any, bool]:
    """Return our response to a sign-in, and whether py_webauthn accepts it."""
    ann = people.signed_in()
    assert passkeys.register(ann, registered).status == 200
    (stored,) = passkeys.list(ann)
    options = passkeys.options()
    sent = replace(registered, **changes).authenticate(options)
    opinion = accepts_authentication(sent, options, b64decode(stored["publicKey"]), stored["counter"])
    return call(SIGN_IN, json={"response": sent}), opinion


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", SOUND)
def test_a_sound_sign_in_is_accepted(call: Api, people: People, passkeys: Passkeys, name: str, kind: str) -> None:
    registered = Authenticator(key=KINDS[kind](), counter=STORED, counts=True)
    response, opinion = judged(call, people, passkeys, registered, SOUND[name])

    assert opinion
    assert (response.status, response.json["user"]["email"]) == (200, "ann@example.com")


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_sign_in_is_refused(call: Api, people: People, passkeys: Passkeys, name: str) -> None:
    case = HOSTILE[name]
    response, opinion = judged(call, people, passkeys, Authenticator(counter=STORED, counts=True), case.changes)

    assert (response.status, response.code) == case.answer
    assert response.cookies == []
    assert opinion is bool(case.stricter)


@pytest.mark.parametrize("kind", KINDS)
def test_any_bit_of_what_is_signed_counts(call: Api, people: People, passkeys: Passkeys, kind: str) -> None:
    made = Authenticator(key=KINDS[kind]())
    changes = {"sign": lambda said: made.key.sign(said[:-1] + bytes([said[-1] ^ 1]))}
    response, opinion = judged(call, people, passkeys, made, changes)

    assert (response.status, response.code, opinion) == (*UNKNOWN, False)


def test_an_unknown_passkey_and_a_wrong_signature_look_alike(people: People, passkeys: Passkeys) -> None:
    made = passkeys.added(people.signed_in())
    unknown = passkeys.sign_in(replace(made, credential_id=sha256(b"x").digest()))
    wrong = passkeys.sign_in(replace(made, sign=Es256().sign))

    assert (unknown.status, unknown.text) == (wrong.status, wrong.text)
    assert {name: text for name, text in unknown.headers.items() if name != "x-correlation-id"} == {
        name: text for name, text in wrong.headers.items() if name != "x-correlation-id"
    }
