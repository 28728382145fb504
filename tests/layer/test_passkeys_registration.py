"""Registrations, hostile ones included. py_webauthn judges each as well: what it refuses we refuse, and where we refuse
more there is a reason.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import cbor2
import pytest

from tests.support.authenticator import BE, BS, ED, UP, UV, Authenticator, EdDsa, Es256, Json, Rs256
from tests.support.calls import Api
from tests.support.passkeys import REGISTER, Passkeys
from tests.support.people import People
from tests.support.second_opinion import accepts_registration

SOUND: dict[str, Callable[[], Authenticator]] = {
    "ES256": Authenticator,
    "EdDSA": lambda: Authenticator(key=EdDsa()),
    "RS256": lambda: Authenticator(key=Rs256()),
    "RS256 with 4096 bits": lambda: Authenticator(key=Rs256(4096)),
    "a counter": lambda: Authenticator(counter=2**32 - 2, counts=True),
    "bound to the device": lambda: Authenticator(flags=UP | UV),
    "not backed up yet": lambda: Authenticator(flags=UP | UV | BE),
    "extensions": lambda: Authenticator(extensions=cbor2.dumps({"credProtect": 2})),
    "the shortest id": lambda: Authenticator(credential_id=b"x"),
    "the longest id": lambda: Authenticator(credential_id=b"x" * 1023),
    "no transports": lambda: Authenticator(transports=()),
    "unknown transports": lambda: Authenticator(transports=("internal", "telepathy")),
    "members of the client data that are not known": lambda: Authenticator(
        change_client_data=lambda said: said | {"other_keys_can_be_added_here": "do not compare clientDataJSON"}
    ),
    "client data without crossOrigin": lambda: Authenticator(change_client_data=without("crossOrigin")),
    "an attestation by the key itself": lambda: attested_by(Es256()),
    "an attestation by an Ed25519 key itself": lambda: attested_by(EdDsa()),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hostile:
    """A registration that is refused; `stricter` is the reason where py_webauthn accepts it."""

    made: Callable[[], Authenticator]
    stricter: str = ""


def without(name: str) -> Callable[[Json], Json]:
    """Return what removes a member."""
    return lambda members: {key: value for key, value in members.items() if key != name}


def without_number(number: int) -> Callable[[Json], Json]:
    """Return what removes a parameter of a key."""
    return lambda cose: {name: value for name, value in cose.items() if name != number}  # type: ignore[comparison-overlap]


def client_data(**changed: Any) -> Callable[[], Authenticator]:
    """Return what makes an authenticator whose browser says something else."""
    return lambda: Authenticator(change_client_data=lambda said: said | changed)


def key(kind: Callable[[], Es256 | EdDsa | Rs256] = Es256, **changed: Any) -> Callable[[], Authenticator]:
    """Return what makes an authenticator whose public key has other parameters, `x3` for -3."""
    named = {int(name.replace("x", "-").replace("p", "")): value for name, value in changed.items()}
    return lambda: Authenticator(key=kind(), change_key=lambda cose: cose | named)


def statement(form: Any, content: Any) -> Callable[[], Authenticator]:
    """Return what makes an authenticator that attests something."""
    return lambda: Authenticator(change_attestation=lambda made: made | {"fmt": form, "attStmt": content})


def attested_by(
    pair: Es256 | EdDsa,
    *,
    algorithm: int | None = None,
    signed: Callable[[bytes], bytes] = lambda data: data,
    **more: Any,
) -> Authenticator:
    """Return an authenticator whose new key signs its own attestation."""
    said: list[bytes] = []

    def remember(members: Json) -> bytes:
        said.append(json.dumps(members).encode())
        return said[-1]

    def attest(made: Json) -> Json:
        signature = pair.sign(signed(made["authData"] + sha256(said[-1]).digest()))
        return made | {"fmt": "packed", "attStmt": {"alg": algorithm or pair.cose[3], "sig": signature} | more}  # type: ignore[index]

    return Authenticator(key=pair, change_client_data=remember, change_attestation=attest)


def data(change: Callable[[bytes], bytes]) -> Callable[[], Authenticator]:
    """Return what makes an authenticator with altered data."""
    return lambda: Authenticator(change_data=change)


def attestation(change: Callable[[Json], Any]) -> Callable[[], Authenticator]:
    """Return what makes an authenticator with an altered attestation object."""
    return lambda: Authenticator(change_attestation=change)


def response(change: Callable[[Json], Json]) -> Callable[[], Authenticator]:
    """Return what makes an authenticator with an altered response."""
    return lambda: Authenticator(change_response=change)


def changed_part(**parts: Any) -> Callable[[], Authenticator]:
    """The same, for the authenticator's part of it."""
    return response(lambda made: made | {"response": made["response"] | parts})


_X, _Y, _SHORT = b"\1" * 32, b"\2" * 32, b"\1" * 31
HOSTILE: dict[str, Hostile] = {
    # -- What the browser says ------------------------------------------------------
    "of a sign-in": Hostile(made=client_data(type="webauthn.get")),
    "another origin": Hostile(made=lambda: Authenticator(origin="https://evil.example")),
    "an origin that begins like ours": Hostile(made=lambda: Authenticator(origin="https://api.example.com.evil.test")),
    "http": Hostile(made=lambda: Authenticator(origin="http://api.example.com")),
    "another port": Hostile(made=lambda: Authenticator(origin="https://api.example.com:8443")),
    "a list of origins": Hostile(made=client_data(origin=["https://api.example.com"])),
    "no origin": Hostile(made=lambda: Authenticator(change_client_data=without("origin"))),
    "in a frame": Hostile(made=client_data(crossOrigin=True), stricter="no page of ours is shown in another's frame"),
    "below another page": Hostile(made=client_data(topOrigin="https://evil.example"), stricter="the same"),
    "crossOrigin as text": Hostile(made=client_data(crossOrigin="false"), stricter="it is a boolean"),
    "a bound connection": Hostile(
        made=client_data(tokenBinding={"status": "present", "id": "x"}), stricter="ours cannot be bound"
    ),
    "an unknown token binding": Hostile(made=client_data(tokenBinding={"status": "maybe"})),
    # -- What the authenticator says --------------------------------------------------
    "another relying party": Hostile(made=lambda: Authenticator(rp_id="evil.example")),
    "the user was absent": Hostile(made=lambda: Authenticator(flags=UV)),
    "the user was not verified": Hostile(made=lambda: Authenticator(flags=UP)),
    "backed up, but not eligible": Hostile(made=lambda: Authenticator(flags=UP | UV | BS)),
    "data of 36 bytes": Hostile(made=data(lambda given: given[:36])),
    "no credential": Hostile(made=data(lambda given: given[:32] + bytes([UP | UV]) + given[33:37])),
    "a credential that is cut off": Hostile(made=data(lambda given: given[:-1])),
    "a credential that ends after its id": Hostile(made=data(lambda given: given[: 37 + 18 + 32])),
    "a longer id than there is": Hostile(made=data(lambda given: given[:53] + b"\xff\xff" + given[55:])),
    "an id without bytes": Hostile(made=lambda: Authenticator(credential_id=b"")),
    "an id that is too long": Hostile(made=lambda: Authenticator(credential_id=b"x" * 1024), stricter="WebAuthn"),
    "bytes after the data": Hostile(made=data(lambda given: given + b"\0")),
    "extensions that are not announced": Hostile(made=data(lambda given: given + b"\xa0")),
    "extensions that are missing": Hostile(made=data(lambda given: given[:32] + bytes([given[32] | ED]) + given[33:])),
    "extensions that are no map": Hostile(made=lambda: Authenticator(extensions=b"\x01"), stricter="CTAP"),
    # -- The new key ---------------------------------------------------------------------
    "a key with another algorithm": Hostile(made=key(p3=-35)),
    "a key with a shared secret": Hostile(made=key(p1=4, p3=5)),
    "an EC key of another curve": Hostile(made=key(x1=2), stricter="the key could not be used"),
    "a point that is not on the curve": Hostile(made=key(x2=_X, x3=_Y), stricter="the key could not be used"),
    "a compressed point": Hostile(made=key(x3=True), stricter="WebAuthn has uncompressed ones only"),
    "a short coordinate": Hostile(made=key(x2=_SHORT), stricter="the key could not be used"),
    "a longer coordinate": Hostile(
        made=lambda: Authenticator(change_key=lambda cose: cose | {-2: b"\0" + cose[-2]}),  # type: ignore[index]
        stricter="RFC 9053",
    ),
    "coordinates as numbers": Hostile(made=key(x2=1, x3=2), stricter="the key could not be used"),
    "a key without a coordinate": Hostile(made=lambda: Authenticator(change_key=without_number(-3))),
    "a key without an algorithm": Hostile(made=lambda: Authenticator(change_key=without_number(3))),
    "an algorithm as text": Hostile(made=key(p3="ES256")),
    "an algorithm as a fraction": Hostile(made=key(p3=-7.0), stricter="it is an integer"),
    "an EC key that says EdDSA": Hostile(made=key(p3=-8), stricter="kind and algorithm differ"),
    "an Ed25519 key of 31 bytes": Hostile(made=key(EdDsa, x2=_SHORT), stricter="the key could not be used"),
    "an RSA key of 1024 bits": Hostile(made=lambda: Authenticator(key=Rs256(1024)), stricter="it is weak"),
    "an RSA key of 8192 bits": Hostile(made=key(Rs256, x1=b"\xff" * 1024), stricter="checking it takes too long"),
    "an RSA key with the exponent 1": Hostile(made=key(Rs256, x2=b"\1"), stricter="anybody could sign"),
    # -- CBOR -----------------------------------------------------------------------------
    "no attestation object": Hostile(made=attestation(lambda _: b"")),
    "an attestation that is no map": Hostile(made=attestation(lambda _: cbor2.dumps([1, 2]))),
    "bytes after the attestation": Hostile(
        made=attestation(lambda made: cbor2.dumps(made) + b"\0"), stricter="WebAuthn: it is one map"
    ),
    "a member twice": Hostile(made=attestation(lambda made: b"\xa4" + cbor2.dumps(made)[1:] + b"\x63fmt\x64none")),
    "a tag": Hostile(made=attestation(lambda made: cbor2.dumps(cbor2.CBORTag(55799, made)))),
    "a tag inside": Hostile(
        made=lambda: Authenticator(extensions=cbor2.dumps({"a": cbor2.CBORTag(35, "(a+)+")})), stricter="CTAP has none"
    ),
    "a map without an end": Hostile(
        made=attestation(lambda made: b"\xbf" + cbor2.dumps(made)[1:] + b"\xff"), stricter="CTAP has no such maps"
    ),
    "nesting": Hostile(made=lambda: Authenticator(extensions=cbor2.dumps({1: [[[[[]]]]]})), stricter="CTAP"),
    "deep nesting": Hostile(made=attestation(lambda _: b"\x81" * 5000 + b"\x01")),
    "a length of petabytes": Hostile(made=attestation(lambda _: b"\x5b\x00\x0f" + b"\xff" * 6)),
    "data as text": Hostile(made=attestation(lambda made: made | {"authData": "x"})),
    "no data": Hostile(made=attestation(without("authData"))),
    # -- Attestations -------------------------------------------------------------------------
    "an attestation without a form": Hostile(made=attestation(without("fmt"))),
    "none with a statement": Hostile(made=statement("none", {"sig": b"x"})),
    "none with an unknown statement": Hostile(made=statement("none", {"x": 1}), stricter="it has to be empty"),
    "an unknown form": Hostile(made=statement("magic", {})),
    "a form that is no text": Hostile(made=statement(7, {})),
    "packed without a signature": Hostile(made=statement("packed", {"alg": -7})),
    "packed with a wrong signature": Hostile(made=lambda: attested_by(Es256(), signed=lambda said: said + b"!")),
    "packed with another algorithm": Hostile(made=lambda: attested_by(Es256(), algorithm=-8)),
    "packed with a certificate": Hostile(made=lambda: attested_by(Es256(), x5c=[b"x"])),
    "fido-u2f": Hostile(made=statement("fido-u2f", {"x5c": [b"x"], "sig": b"x"})),
    # -- The response around it ----------------------------------------------------------------
    "another type of credential": Hostile(made=response(lambda made: made | {"type": "password"})),
    "another id": Hostile(made=response(lambda made: made | {"id": "eHh4"})),
    "an id that the authenticator did not make": Hostile(
        made=response(lambda made: made | {"id": "eHh4", "rawId": "eHh4"}), stricter="then `excludeCredentials` fails"
    ),
    "an id with padding": Hostile(
        made=response(lambda made: made | {"id": made["id"] + "=", "rawId": made["rawId"] + "="})
    ),
    "an attestation object that is not base64url": Hostile(made=changed_part(attestationObject="!")),
    "an attestation object with a line break": Hostile(made=changed_part(attestationObject="oA\n")),
}


@pytest.fixture
def passkeys(call: Api) -> Passkeys:
    """Adds passkeys."""
    return Passkeys(call=call)


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_registration_is_accepted(call: Api, people: People, passkeys: Passkeys, name: str) -> None:
    ann = people.signed_in()
    options = passkeys.register_options(ann)
    made = SOUND[name]()
    sent = made.register(options)

    assert accepts_registration(sent, options)
    response = call(REGISTER, bearer=ann.token, json={"response": sent})
    assert response.status == 200, response.text
    assert passkeys.sign_in(made).status == 200


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_registration_is_refused(call: Api, people: People, passkeys: Passkeys, name: str) -> None:
    ann = people.signed_in()
    options = passkeys.register_options(ann)
    sent = HOSTILE[name].made().register(options)

    response = call(REGISTER, bearer=ann.token, json={"response": sent})

    assert (response.status, response.code) == (400, "FAILED_TO_VERIFY_REGISTRATION")
    assert passkeys.list(ann) == []
    assert accepts_registration(sent, options) is bool(HOSTILE[name].stricter)
