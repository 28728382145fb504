"""S-58, CVE-2026-31813: an ID token opens an account only if it is the provider's, for us, and lately made for this."""

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
from tests.support.layer import layer
from tests.support.oauth_flow import SOCIAL, OAuthFlow, error_of, token_of
from tests.support.provider import CLIENT_ID, Provider, rsa_key
from tests.support.relative_times import FromNow
from tests.support.tables import all_rows, rows, tables_unchanged

type Made = Callable[[Provider, str], str]
SAYS: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "https://evil.example"},
    "Google's issuer, which this one is not": {"iss": "https://accounts.google.com"},
    "no issuer": {"iss": None},
    "another client": {"aud": "client-2"},
    "no client": {"aud": None},
    "several clients": {"aud": [CLIENT_ID, "client-2"]},
    "several clients, and that another asked": {"aud": [CLIENT_ID, "client-2"], "azp": "client-2"},
    "that another client asked": {"azp": "client-2"},
    "that a list asked": {"azp": [CLIENT_ID]},
    "no nonce": {"nonce": None},
    "another nonce": {"nonce": "another"},
    "an empty nonce": {"nonce": ""},
    "a list of nonces": {"nonce": ["n"]},
    "that it is over": {"exp": FromNow(-60)},
    "no end": {"exp": None},
    "an end that is no time": {"exp": "soon"},
    "that it is two hours old": {"iat": FromNow(-7200)},
    "that it is of tomorrow": {"iat": FromNow(86_400)},
    "an age that is text": {"iat": "1700000000"},
    "no age": {"iat": None},
    "that it is not good yet": {"nbf": FromNow(86_400)},
    "nobody": {"sub": None},
    "an empty subject": {"sub": ""},
    "a subject of 300": {"sub": "x" * 300},
    "a subject that is a number": {"sub": 1001},
}


def encoded(part: bytes) -> str:
    """As the parts of a JWT are."""
    return urlsafe_b64encode(part).rstrip(b"=").decode()


def claims_of(provider: Provider, nonce: str) -> dict[str, Any]:
    """What a good token would say."""
    claims: dict[str, Any] = jwt.decode(provider.id_token(nonce=nonce), options={"verify_signature": False})
    return claims


def parts(provider: Provider, nonce: str, **header: Any) -> str:
    """A good token's claims under a header of somebody's own."""
    return f"{encoded(json.dumps(header).encode())}.{encoded(json.dumps(claims_of(provider, nonce)).encode())}"


def by_public_key(provider: Provider, nonce: str) -> str:
    """Signed with the public key as if it were a shared secret."""
    signed = parts(provider, nonce, alg="HS256", kid="first")
    public = rsa_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return f"{signed}.{encoded(hmac.digest(public, signed.encode(), sha256))}"


def without_kid(provider: Provider, nonce: str) -> str:
    """Well signed, by nobody knows which key."""
    return jwt.encode(claims_of(provider, nonce), rsa_key(), algorithm="RS256")


def by_own_key(provider: Provider, nonce: str) -> str:
    """Bringing along the key that it is signed with."""
    own = jwt.algorithms.RSAAlgorithm.to_jwk(rsa_key("second").public_key(), as_dict=True)
    headers = {"jwk": own, "jku": "https://evil.example/jwks", "kid": "evil"}
    return provider.id_token(key="second", nonce=nonce, headers=headers)


def with_other_claims(provider: Provider, nonce: str) -> str:
    """Well signed, and changed afterwards."""
    header, _, signature = provider.id_token(nonce=nonce).split(".")
    claims = claims_of(provider, nonce) | {"sub": "1002"}
    return f"{header}.{encoded(json.dumps(claims).encode())}.{signature}"


IS: dict[str, Made] = {
    "unsigned": lambda provider, nonce: f"{parts(provider, nonce, alg='none', kid='first')}.",
    "without its signature": lambda provider, nonce: provider.id_token(nonce=nonce).rpartition(".")[0] + ".",
    "signed with the public key": by_public_key,
    "signed by another under a known name": lambda provider, nonce: provider.id_token(
        key="second", nonce=nonce, headers={"kid": "first"}
    ),
    "signed by another": lambda provider, nonce: provider.id_token(key="second", nonce=nonce),
    "signed with a key of its own": by_own_key,
    "signed by nobody knows whom": without_kid,
    "signed in a way that was not agreed": lambda provider, nonce: jwt.encode(
        claims_of(provider, nonce), rsa_key(), algorithm="RS512", headers={"kid": "first"}
    ),
    "changed": with_other_claims,
    "garbage": lambda *_: "garbage",
    "three parts of garbage": lambda *_: "a.b.c",
    "not ASCII": lambda *_: "\u00fc.\u00fc.\u00fc",
    "a header that is a list": lambda *_: f"{encoded(b'[]')}.{encoded(b'{}')}.",
    "a very deep header": lambda *_: f"{encoded(b'[' * 9000)}.{encoded(b'{}')}.",
}


def saying(claims: dict[str, Any]) -> Made:
    """A token that is well signed."""
    return lambda provider, nonce: provider.id_token(**{"nonce": nonce} | claims)


WRONG = {name: saying(claims) for name, claims in SAYS.items()} | IS


def by_form(call: Api, token: str) -> Response:
    """The other way in, without a code; its nonce is n."""
    return call(SOCIAL, json={"provider": "google", "idToken": {"token": token, "nonce": "n"}})


def by_callback(journeys: OAuthFlow, made: Made) -> Response:
    """Come back to a token of our making."""
    sent = journeys.begin()
    journeys.provider.token_fields = {"id_token": made(journeys.provider, sent.query["nonce"])}
    return journeys.complete(sent)


def test_a_wrong_id_token_opens_nothing_by_the_callback(oauth_flow: OAuthFlow, cloud: Cloud) -> None:
    with tables_unchanged(cloud):
        for name, made in WRONG.items():
            answer = by_callback(oauth_flow, made)
            assert error_of(answer) == "unable_to_get_user_info", name
            assert "set-auth-token" not in answer.headers


def test_a_wrong_id_token_opens_nothing_by_itself(call: Api, google: Provider, cloud: Cloud) -> None:
    with tables_unchanged(cloud):
        for name, made in WRONG.items():
            answer = by_form(call, made(google, "n"))
            assert (answer.status, answer.code, answer.cookies) == (401, "INVALID_TOKEN", []), name


@pytest.mark.parametrize("claims", [{}, {"aud": [CLIENT_ID]}, {"aud": [CLIENT_ID, "client-2"], "azp": CLIENT_ID}])
def test_a_good_one_opens_it(call: Api, oauth_flow: OAuthFlow, claims: dict[str, Any]) -> None:
    """Or the others would prove nothing."""
    assert error_of(by_callback(oauth_flow, saying(claims))) is None
    assert by_form(call, saying(claims)(oauth_flow.provider, "n")).status == 200


def test_a_token_of_20_kilobytes_is_not_even_looked_at(call: Api, oauth_flow: OAuthFlow, cloud: Cloud) -> None:
    long = saying({"name": "x" * 15_000})
    with tables_unchanged(cloud):
        assert error_of(by_callback(oauth_flow, long)) == "unable_to_get_user_info"
        assert by_form(call, long(oauth_flow.provider, "n")).code == "VALIDATION_ERROR"
        assert oauth_flow.provider.requests("/jwks") == []


def test_no_id_token_is_a_wrong_one(oauth_flow: OAuthFlow, cloud: Cloud) -> None:
    given: list[object] = [None, "", 7, {}]
    for nothing in given:
        oauth_flow.provider.token_fields = {"id_token": nothing}
        assert error_of(oauth_flow.sign_in()) == "unable_to_get_user_info"

    assert rows(cloud, "UsersTable") == []


# -- What it says of the address ------------------------------------------------------------

UNPROVED: list[object] = [False, None, "true", "false", 1]
NO_ADDRESS: list[object] = [None, "", "ann", "ann@example.com, eve@evil.example", 7, "\u212aann@example.com"]


def test_nobody_comes_in_without_a_proved_address(oauth_flow: OAuthFlow, cloud: Cloud) -> None:
    """It is proved by `true`, and by nothing that looks like it."""
    for value in UNPROVED:
        assert error_of(oauth_flow.sign_in(email_verified=value)) == "email_not_verified", value
    for value in NO_ADDRESS:
        assert error_of(oauth_flow.sign_in(email=value)) == "email_not_found", value
    assert not any(all_rows(cloud).values())


def test_an_answer_that_says_whom_it_is_from_must_be_from_whom_was_asked(oauth_flow: OAuthFlow) -> None:
    """RFC 9207."""
    for issuer in ("https://evil.example", "", f"{oauth_flow.provider.url}/"):
        assert error_of(oauth_flow.callback(oauth_flow.begin(), code="x", iss=issuer)) == "issuer_mismatch"
    assert oauth_flow.provider.received == []

    sent = oauth_flow.begin()
    assert token_of(
        oauth_flow.callback(sent, code=oauth_flow.provider.authorize(sent.url), iss=oauth_flow.provider.url)
    )


# -- The provider's keys ---------------------------------------------------------------


def test_keys_are_asked_for_once(oauth_flow: OAuthFlow, provider: Provider) -> None:
    """By many at once, and by those after them."""
    sent = [oauth_flow.begin() for _ in range(4)]

    answers = run_concurrently(oauth_flow.complete, sent)

    assert all(token_of(answer) for answer in [*answers, oauth_flow.sign_in(), oauth_flow.sign_in()])
    assert len(provider.requests("/jwks")) == 1


def test_a_key_that_is_not_known_makes_us_look_again_and_not_each_time(call: Api, google: Provider) -> None:
    for _ in range(5):
        assert by_form(call, google.id_token(key="second", nonce="n")).code == "INVALID_TOKEN"

    assert len(google.requests("/jwks")) == 1


def test_new_keys_of_the_provider_are_followed(
    oauth_flow: OAuthFlow, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the old one is not believed any more, once it is gone."""
    assert token_of(oauth_flow.sign_in())
    monkeypatch.setattr(layer("oauth.id_tokens")._keys(f"{provider.url}/jwks"), "cooldown_duration", 0)
    provider.keys, provider.signing_key = ("second",), "second"

    assert token_of(oauth_flow.sign_in())

    provider.signing_key = "first"
    assert error_of(oauth_flow.sign_in()) == "unable_to_get_user_info"
