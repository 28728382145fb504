"""Malformed responses of authenticators: whatever is sent, the answer is a refusal with a stable code."""

import json
from typing import Any

import cbor2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.authenticator import ORIGIN, RP_ID, Authenticator, Json
from tests.support.base64url import encode
from tests.support.calls import Api
from tests.support.layer import layer
from tests.support.passkeys import REGISTER, SIGN_IN, Passkeys
from tests.support.people import Person

OPTIONS = {"challenge": "x" * 43, "user": {"id": "eA"}, "rp": {"id": RP_ID}, "rpId": RP_ID}
KEYS = st.one_of(
    st.integers(-4, 4), st.sampled_from(["fmt", "attStmt", "authData", "alg", "sig"]), st.binary(max_size=3)
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=5), st.binary()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=6,
)
PARAMETERS = st.dictionaries(st.sampled_from([1, 3, -1, -2, -3]), VALUES, max_size=5)
SAID = st.dictionaries(st.sampled_from(["type", "origin", "crossOrigin", "topOrigin", "tokenBinding"]), VALUES)
SLOW = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def ann(people: Any) -> Person:
    """A signed-in user."""
    person: Person = people.signed_in()
    return person


def is_accepted(made: Authenticator) -> bool:
    """Whether a registration is accepted; any other exception than the one for that is none."""
    model, client_data = layer("passkeys.model"), layer("passkeys.client_data")
    sent = layer("passkeys.responses").RegistrationResponse.model_validate(made.register(OPTIONS))
    rp = model.RelyingParty(id=RP_ID, origins=(ORIGIN,))
    try:
        layer("passkeys.attestation").verify(sent, client_data.ClientData.parse(sent.response.client_data_json), rp)
    except model.InvalidResponse:
        return False
    return True


@given(attestation=st.binary(max_size=300))
def test_any_bytes_are_no_attestation(attestation: bytes) -> None:
    assert not is_accepted(Authenticator(change_attestation=lambda _: attestation))


@given(value=VALUES, name=st.sampled_from(["fmt", "attStmt", "authData"]))
def test_no_other_value_belongs_into_an_attestation(value: Any, name: str) -> None:
    accepted = is_accepted(Authenticator(change_attestation=lambda made: made | {name: value}))

    assert accepted == ((name, value) in [("fmt", "none"), ("attStmt", {})])


@given(parameters=PARAMETERS)
def test_no_other_parameters_are_a_key(parameters: Json) -> None:
    assert not is_accepted(Authenticator(change_key=lambda _: parameters))


@given(place=st.integers(0, 400), cut=st.booleans(), byte=st.integers(1, 255))
def test_damage_changes_what_is_said_or_is_refused(place: int, byte: int, *, cut: bool) -> None:
    def damage(made: Json) -> bytes:
        whole = bytearray(cbor2.dumps(made))
        at = place % len(whole)
        whole[at] ^= byte
        return bytes(whole[:at] if cut else whole)

    assert is_accepted(Authenticator(change_attestation=damage)) in {False, not cut}


@given(said=SAID)
def test_no_other_client_data_is_accepted(said: Json) -> None:
    made = Authenticator(
        change_client_data=lambda sound: json.dumps(sound | said, default=repr, skipkeys=True).encode()
    )

    assert not is_accepted(made) or said in ({}, {"crossOrigin": False})


@SLOW
@given(attestation=st.binary(max_size=300), said=SAID)
def test_a_malformed_registration_is_refused(call: Api, ann: Person, attestation: bytes, said: Json) -> None:
    made = Authenticator(
        change_attestation=lambda _: attestation,
        change_client_data=lambda sound: json.dumps(sound | said, default=repr, skipkeys=True).encode(),
    )
    sent = made.register(Passkeys(call=call).register_options(ann))

    response = call(REGISTER, bearer=ann.token, json={"response": sent})

    assert (response.status, response.code) == (400, "FAILED_TO_VERIFY_REGISTRATION")


@SLOW
@given(data=st.binary(max_size=80), signature=st.binary(max_size=80), handle=st.binary(max_size=40))
def test_a_malformed_sign_in_is_refused(call: Api, data: bytes, signature: bytes, handle: bytes) -> None:
    parts = {"authenticatorData": encode(data), "signature": encode(signature), "userHandle": encode(handle)}
    made = Authenticator(change_response=lambda sound: sound | {"response": sound["response"] | parts})

    response = call(SIGN_IN, json={"response": made.authenticate(Passkeys(call=call).options())})

    assert (response.status, response.code) == (400, "AUTHENTICATION_FAILED")
    assert response.cookies == []
