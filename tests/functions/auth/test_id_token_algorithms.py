"""Every algorithm that a provider announces verifies its ID tokens, and no other one does.

https://openid.net/specs/openid-connect-core-1_0.html#Signing (10.1) and RFC 8725, 3.1.
"""

import hmac
import json
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import get_default_algorithms

from gatehouse_dev.cloud import Cloud
from tests.functions.auth.test_id_token_checks import base64url, claims_of, unsigned_parts
from tests.support.calls import Api, Response
from tests.support.oauth_flow import SOCIAL, OAuthFlow, error_of
from tests.support.provider import Provider, reply, rsa_key
from tests.support.tables import tables_unchanged

KEYS: dict[str, Callable[[], Any]] = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), rsa_key),
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ES384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "ES512": lambda: ec.generate_private_key(ec.SECP521R1()),
    "EdDSA": Ed25519PrivateKey.generate,
    "EdDSA with Ed448": Ed448PrivateKey.generate,
}
every_algorithm = pytest.mark.parametrize("name", KEYS)


@cache
def private_key(name: str) -> Any:
    """Return a private key for an algorithm."""
    return KEYS[name]()


def algorithm(name: str) -> str:
    """Return the algorithm as it is written in headers."""
    return name.partition(" ")[0]


def jwk(name: str, **more: Any) -> dict[str, Any]:
    """Return the public key as a JWK without `alg`, `use` and `kid`, but for `more`."""
    made: dict[str, Any] = get_default_algorithms()[algorithm(name)].to_jwk(
        private_key(name).public_key(), as_dict=True
    )
    return {member: value for member, value in made.items() if member != "key_ops"} | more


def sign(provider: Provider, name: str, nonce: str = "n", **headers: Any) -> str:
    """Return a valid ID token, without a key id."""
    return jwt.encode(claims_of(provider, nonce), private_key(name), algorithm=algorithm(name), headers=headers)


def publish(oidc: Provider, *keys: dict[str, Any], announced: list[str] | None = None) -> None:
    """Let the provider announce algorithms and publish keys."""
    oidc.discovery_fields = {"id_token_signing_alg_values_supported": announced or [*map(algorithm, KEYS)]}
    oidc.behaviour["/jwks"] = lambda handler: reply(handler, 200, {"keys": list(keys)})


def by_id_token(call: Api, token: str) -> Response:
    """Sign in with an ID token."""
    return call(SOCIAL, json={"provider": "oidc", "idToken": {"token": token, "nonce": "n"}})


@every_algorithm
@pytest.mark.parametrize("more", [{}, {"alg": True}, {"use": "sig", "key_ops": ["verify"]}], ids=str)
def test_every_announced_algorithm_verifies(call: Api, oidc: Provider, name: str, more: dict[str, Any]) -> None:
    """Whether or not the key says which one it is for."""
    publish(oidc, jwk(name, kid="one", **more | ({"alg": algorithm(name)} if "alg" in more else {})))

    assert by_id_token(call, sign(oidc, name, kid="one")).status == 200


def test_a_sign_in_by_redirect_does_the_same(call: Api, oidc: Provider) -> None:
    publish(oidc, jwk("PS384"))
    flow = OAuthFlow(call, oidc, "oidc")
    sent = flow.begin()
    oidc.token_fields = {"id_token": sign(oidc, "PS384", sent.query["nonce"])}

    assert error_of(flow.complete(sent)) is None


@pytest.mark.parametrize("name", ["RS256", "PS512", "ES384", "EdDSA"])
@pytest.mark.parametrize("kid", [None, "one"])
def test_a_set_with_one_key_and_a_token_without_kid_match(
    call: Api, oidc: Provider, name: str, kid: str | None
) -> None:
    """A key for encryption beside it does not count."""
    encryption = jwk("RS256", use="enc", kid="two"), jwk("RS256", alg="RSA-OAEP-256"), {"kty": "oct", "k": "AAAA"}
    publish(oidc, *encryption, jwk(name, **({"kid": kid} if kid else {})))

    assert by_id_token(call, sign(oidc, name)).status == 200


def test_keys_with_one_id_are_told_apart_by_their_type(call: Api, oidc: Provider) -> None:
    publish(oidc, jwk("RS256", kid="one"), jwk("ES256", kid="one"))

    for name in ("RS256", "ES256"):
        assert by_id_token(call, sign(oidc, name, kid="one")).status == 200, name


def hmac_by_public_key(oidc: Provider, name: str) -> str:
    """Return a token signed by HMAC with the public key as the secret."""
    signed = unsigned_parts(oidc, "n", alg="HS256", kid="one")
    public = private_key(name).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return f"{signed}.{base64url(hmac.digest(public, signed.encode(), sha256))}"


@pytest.mark.parametrize("name", ["RS256", "ES256", "EdDSA"])
def test_neither_none_nor_hmac_is_accepted_whatever_is_announced(
    call: Api, oidc: Provider, cloud: Cloud, name: str
) -> None:
    publish(
        oidc,
        jwk(name, kid="one"),
        {"kty": "oct", "k": base64url(b"s" * 32), "kid": "two", "alg": "HS256"},
        announced=["none", "HS256", algorithm(name)],
    )
    secret = jwt.encode(claims_of(oidc, "n"), "s" * 32, algorithm="HS256", headers={"kid": "two"})

    with tables_unchanged(cloud):
        for token in (f"{unsigned_parts(oidc, 'n', alg='none')}.", hmac_by_public_key(oidc, name), secret):
            assert by_id_token(call, token).code == "INVALID_TOKEN"


REFUSED: dict[str, tuple[list[dict[str, Any]], list[str], dict[str, Any]]] = {
    "an algorithm that was not announced": ([{"kid": "one"}], ["RS384", "ES256"], {"kid": "one"}),
    "an algorithm other than the key's": ([{"kid": "one", "alg": "RS512"}], ["RS256", "RS512"], {"kid": "one"}),
    "a key for encryption": ([{"kid": "one", "use": "enc"}], ["RS256"], {"kid": "one"}),
    "a key that does not verify": ([{"kid": "one", "key_ops": ["encrypt"]}], ["RS256"], {"kid": "one"}),
    "another key id": ([{"kid": "one"}], ["RS256"], {"kid": "two"}),
    "several keys, and a token without an id": ([{"kid": "one"}, {"kid": "two"}], ["RS256"], {}),
    "a key id that is a number": ([{"kid": "1"}], ["RS256"], {"kid": 1}),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_other_keys_and_algorithms_do_not_verify(
    call: Api, oidc: Provider, cloud: Cloud, case: tuple[list[dict[str, Any]], list[str], dict[str, Any]]
) -> None:
    keys, announced, headers = case
    publish(oidc, *(jwk("RS256", **members) for members in keys), announced=announced)
    header = base64url(json.dumps({"alg": "RS256", "typ": "JWT"} | headers).encode())
    token = sign(oidc, "RS256", **headers) if not isinstance(headers.get("kid"), int) else f"{header}.e30.AA"

    with tables_unchanged(cloud):
        assert by_id_token(call, token).code == "INVALID_TOKEN"


@pytest.mark.parametrize(("signed", "curve"), [("ES256", "ES384"), ("ES384", "ES256"), ("EdDSA", "ES256")])
def test_the_algorithm_must_fit_the_keys_curve(call: Api, oidc: Provider, signed: str, curve: str) -> None:
    publish(oidc, jwk(curve, kid="one"))

    assert by_id_token(call, sign(oidc, signed, kid="one")).code == "INVALID_TOKEN"


@pytest.mark.parametrize("kid", [None, "one"], ids=["without ids", "under the same id"])
def test_a_key_that_was_replaced_under_no_other_id_is_found_at_once(
    call: Api, oidc: Provider, advance_clock: Callable[..., None], kid: str | None
) -> None:
    """And a token that is signed wrongly does not fetch the keys each time."""
    named = {"kid": kid} if kid else {}
    publish(oidc, jwk("ES256", **named))
    assert by_id_token(call, sign(oidc, "ES256", **named)).status == 200
    advance_clock(minutes=1)

    private_key.cache_clear()
    publish(oidc, jwk("ES256", **named))
    assert by_id_token(call, sign(oidc, "ES256", **named)).status == 200
    assert len(oidc.requests("/jwks")) == 2

    for _ in range(3):
        assert by_id_token(call, sign(oidc, "ES256", **named)[:-6] + "AAAAAA").code == "INVALID_TOKEN"
    assert len(oidc.requests("/jwks")) == 2
