"""Passkeys: added, used, managed."""

from dataclasses import replace

import pytest

from tests.deployed.gateway import DeployedApi, DeployedPeople
from tests.support.authenticator import Authenticator
from tests.support.passkeys import DELETE, REGISTER, RELATED, SIGN_IN, UPDATE, Passkeys

pytestmark = pytest.mark.deployed


def test_a_passkey_signs_in_and_makes_sessions_fresh(call: DeployedApi, people: DeployedPeople) -> None:
    passkeys = Passkeys(call=call)  # type: ignore[arg-type] # it only calls
    ivy = people.proven("ivy@example.com")
    made = Authenticator(counts=True)
    first = made.register(passkeys.register_options(ivy))
    assert call(REGISTER, bearer=ivy.token, json={"response": first, "createSession": True}).json["session"]
    assert len(passkeys.register_options(ivy)["excludeCredentials"]) == 1
    assert passkeys.sign_in(made).json["user"]["id"] == ivy.id
    assert passkeys.sign_in(made, bearer=ivy.token).json["session"]["token"] == ivy.token
    allowed = passkeys.options(bearer=ivy.token)["allowCredentials"]
    assert len(allowed) == 1

    copied = replace(made, counter=0)
    refused = call(SIGN_IN, json={"response": copied.authenticate(passkeys.options())})
    assert (refused.status, refused.code) == (400, "AUTHENTICATION_FAILED")


def test_passkeys_are_named_and_deleted(call: DeployedApi, people: DeployedPeople) -> None:
    passkeys = Passkeys(call=call)  # type: ignore[arg-type] # it only calls
    jim = people.proven("quinn@example.com")
    passkeys.added(jim)
    (stored,) = passkeys.list(jim)
    assert call(UPDATE, bearer=jim.token, json={"id": stored["id"], "name": "Phone"}).json["passkey"]["name"] == "Phone"
    assert call("GET /api/auth/export", bearer=jim.token).json["passkeys"][0]["name"] == "Phone"
    assert call(DELETE, bearer=jim.token, json={"id": stored["id"]}).status == 200
    assert passkeys.list(jim) == []
    assert call(RELATED).json == {"origins": ["https://api.example.com"]}
