"""S-58, CVE-2026-31813: only ID tokens that the provider issued to us, recently and for this request, are accepted."""

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gatehouse_dev.cloud import Cloud
from tests.support.calls import Api, Response
from tests.support.concurrency import run_concurrently
from tests.support.oauth_flow import SOCIAL, OAuthFlow, error_of, token_of
from tests.support.provider import CLIENT_ID, Provider, rsa_key
from tests.support.relative_times import FromNow
from tests.support.tables import all_rows, rows, tables_unchanged

type Forge = Callable[[Provider, str], str]
INVALID_CLAIMS: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "https://evil.example"},
    "Google's issuer, for another provider": {"iss": "https://accounts.google.com"},
    "no issuer": {"iss": None},
    "another client": {"aud": "client-2"},
    "no client": {"aud": None},
    "several clients": {"aud": [CLIENT_ID, "client-2"]},
    "several clients, issued to another": {"aud": [CLIENT_ID, "client-2"], "azp": "client-2"},
    "issued to another client": {"azp": "client-2"},
    "issued to a list": {"azp": [CLIENT_ID]},
    "no nonce": {"nonce": None},
    "another nonce": {"nonce": "another"},
    "an empty nonce": {"nonce": ""},
    "a list of nonces": {"nonce": ["n"]},
    "expired": {"exp": FromNow(-60)},
    "no expiry": {"exp": None},
    "an expiry that is no number": {"exp": "soon"},
    "issued two hours ago": {"iat": FromNow(-7200)},
    "issued in the future": {"iat": FromNow(86_400)},
    "an issue time that is text": {"iat": "1700000000"},
    "no issue time": {"iat": None},
    "not valid yet": {"nbf": FromNow(86_400)},
    "no subject": {"sub": None},
    "an empty subject": {"sub": ""},
    "a subject of 300 characters": {"sub": "x" * 300},
    "a subject that is a number": {"sub": 1001},
}


def base64url(part: bytes) -> str:
    """Encode a part of a JWT."""
    return urlsafe_b64encode(part).rstrip(b"=").decode()


def claims_of(provider: Provider, nonce: str) -> dict[str, Any]:
    """Return the claims of a valid token."""
    claims: dict[str, Any] = jwt.decode(provider.id_token(nonce=nonce), options={"verify_signature": False})
    return claims


def unsigned_parts(provider: Provider, nonce: str, **header: Any) -> str:
    """Return a valid token's claims under another header, without signature."""
    return f"{base64url(json.dumps(header).encode())}.{base64url(json.dumps(claims_of(provider, nonce)).encode())}"


def by_public_key(provider: Provider, nonce: str) -> str:
    """Signed by HMAC with the public key as the secret."""
    signed = unsigned_parts(provider, nonce, alg="HS256", kid="first")
    public = rsa_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return f"{signed}.{base64url(hmac.digest(public, signed.encode(), sha256))}"


def by_embedded_key(provider: Provider, nonce: str) -> str:
    """Signed with a key that the header carries."""
    own = jwt.algorithms.RSAAlgorithm.to_jwk(rsa_key("second").public_key(), as_dict=True)
    headers = {"jwk": own, "jku": "https://evil.example/jwks", "kid": "evil"}
    return provider.id_token(key="second", nonce=nonce, headers=headers)


def with_other_claims(provider: Provider, nonce: str) -> str:
    """Validly signed, and changed afterwards."""
    header, _, signature = provider.id_token(nonce=nonce).split(".")
    claims = claims_of(provider, nonce) | {"sub": "1002"}
    return f"{header}.{base64url(json.dumps(claims).encode())}.{signature}"


INVALID_FORMS: dict[str, Forge] = {
    "unsigned": lambda provider, nonce: f"{unsigned_parts(provider, nonce, alg='none', kid='first')}.",
    "without an algorithm": lambda provider, nonce: f"{unsigned_parts(provider, nonce, kid='first')}.AA",
    "with a list of algorithms": lambda provider, nonce: f"{unsigned_parts(provider, nonce, alg=['RS256'])}.AA",
    "without signature": lambda provider, nonce: provider.id_token(nonce=nonce).rpartition(".")[0] + ".",
    "signed with the public key": by_public_key,
    "signed by another key under a known id": lambda provider, nonce: provider.id_token(
        key="second", nonce=nonce, headers={"kid": "first"}
    ),
    "signed by another key": lambda provider, nonce: provider.id_token(key="second", nonce=nonce),
    "signed with an embedded key": by_embedded_key,
    "signed with another algorithm": lambda provider, nonce: jwt.encode(
        claims_of(provider, nonce), rsa_key(), algorithm="RS512", headers={"kid": "first"}
    ),
    "changed": with_other_claims,
    "garbage": lambda *_: "garbage",
    "three parts of garbage": lambda *_: "a.b.c",
    "not ASCII": lambda *_: "\u00fc.\u00fc.\u00fc",
    "a header that is a list": lambda *_: f"{base64url(b'[]')}.{base64url(b'{}')}.",
    "a very deep header": lambda *_: f"{base64url(b'[' * 9000)}.{base64url(b'{}')}.",
}


def with_claims(claims: dict[str, Any]) -> Forge:
    """Return a validly signed token."""
    return lambda provider, nonce: provider.id_token(**{"nonce": nonce} | claims)


INVALID = {name: with_claims(claims) for name, claims in INVALID_CLAIMS.items()} | INVALID_FORMS


def by_id_token(call: Api, token: str) -> Response:
    """Sign in with an ID token instead of a code; its nonce is n."""
    return call(SOCIAL, json={"provider": "google", "idToken": {"token": token, "nonce": "n"}})


def by_callback(oauth_flow: OAuthFlow, forge: Forge) -> Response:
    """Return from the provider, which issues the forged token."""
    sent = oauth_flow.begin()
    oauth_flow.provider.token_fields = {"id_token": forge(oauth_flow.provider, sent.query["nonce"])}
    return oauth_flow.complete(sent)


def test_the_callback_refuses_invalid_id_tokens(oauth_flow: OAuthFlow, cloud: Cloud) -> None:
    with tables_unchanged(cloud):
        for name, forge in INVALID.items():
            response = by_callback(oauth_flow, forge)
            assert error_of(response) == "unable_to_get_user_info", name
            assert "set-auth-token" not in response.headers


def test_sign_in_by_id_token_refuses_invalid_ones(call: Api, google: Provider, cloud: Cloud) -> None:
    with tables_unchanged(cloud):
        for name, forge in INVALID.items():
            response = by_id_token(call, forge(google, "n"))
            assert (response.status, response.code, response.cookies) == (401, "INVALID_TOKEN", []), name


@pytest.mark.parametrize("claims", [{}, {"aud": [CLIENT_ID]}, {"aud": [CLIENT_ID, "client-2"], "azp": CLIENT_ID}])
def test_a_valid_id_token_is_accepted(call: Api, oauth_flow: OAuthFlow, claims: dict[str, Any]) -> None:
    """Without this, the refusals would prove nothing."""
    assert error_of(by_callback(oauth_flow, with_claims(claims))) is None
    assert by_id_token(call, with_claims(claims)(oauth_flow.provider, "n")).status == 200


def test_a_token_of_20_kilobytes_is_refused_before_verification(call: Api, oauth_flow: OAuthFlow, cloud: Cloud) -> None:
    long = with_claims({"name": "x" * 15_000})
    with tables_unchanged(cloud):
        assert error_of(by_callback(oauth_flow, long)) == "unable_to_get_user_info"
        assert by_id_token(call, long(oauth_flow.provider, "n")).code == "VALIDATION_ERROR"
        assert oauth_flow.provider.requests("/jwks") == []


def test_a_missing_id_token_is_refused(oauth_flow: OAuthFlow, cloud: Cloud) -> None:
    given: list[object] = [None, "", 7, {}]
    for nothing in given:
        oauth_flow.provider.token_fields = {"id_token": nothing}
        assert error_of(oauth_flow.sign_in()) == "unable_to_get_user_info"

    assert rows(cloud, "UsersTable") == []


# -- The address in it ----------------------------------------------------------------------

UNVERIFIED: list[object] = [False, None, "true", "false", 1]
NO_ADDRESS: list[object] = [None, "", "ann", "ann@example.com, eve@evil.example", 7, "\u212aann@example.com"]


def test_an_unverified_address_is_refused(oauth_flow: OAuthFlow, cloud: Cloud) -> None:
    """Only the value `true` counts as verified."""
    for value in UNVERIFIED:
        assert error_of(oauth_flow.sign_in(email_verified=value)) == "email_not_verified", value
    for value in NO_ADDRESS:
        assert error_of(oauth_flow.sign_in(email=value)) == "email_not_found", value
    assert not any(all_rows(cloud).values())


def test_the_issuer_in_the_callback_must_be_the_providers(oauth_flow: OAuthFlow) -> None:
    """RFC 9207."""
    for issuer in ("https://evil.example", "", f"{oauth_flow.provider.url}/"):
        assert error_of(oauth_flow.callback(oauth_flow.begin(), code="x", iss=issuer)) == "issuer_mismatch"
    assert oauth_flow.provider.received == []

    sent = oauth_flow.begin()
    assert token_of(
        oauth_flow.callback(sent, code=oauth_flow.provider.authorize(sent.url), iss=oauth_flow.provider.url)
    )


# -- The provider's keys ---------------------------------------------------------------


def test_keys_are_fetched_once(oauth_flow: OAuthFlow, provider: Provider) -> None:
    """By concurrent requests, and by later ones."""
    sent = [oauth_flow.begin() for _ in range(4)]

    responses = run_concurrently(oauth_flow.complete, sent)

    assert all(token_of(response) for response in [*responses, oauth_flow.sign_in(), oauth_flow.sign_in()])
    assert len(provider.requests("/jwks")) == 1


def test_an_unknown_key_id_refetches_the_keys_but_not_each_time(call: Api, google: Provider) -> None:
    for _ in range(5):
        assert by_id_token(call, google.id_token(key="second", nonce="n")).code == "INVALID_TOKEN"

    assert len(google.requests("/jwks")) == 1


def test_the_providers_new_keys_are_used(
    oauth_flow: OAuthFlow, provider: Provider, advance_clock: Callable[..., None]
) -> None:
    """And a removed key is no longer accepted."""
    assert token_of(oauth_flow.sign_in())
    advance_clock(seconds=30)
    provider.keys, provider.signing_key = ("second",), "second"

    assert token_of(oauth_flow.sign_in())

    provider.signing_key = "first"
    assert error_of(oauth_flow.sign_in()) == "unable_to_get_user_info"
