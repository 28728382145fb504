"""Access tokens: only our signature over valid claims is accepted, and only while the session is valid."""

import json
import os
import socket
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from hmac import digest
from itertools import product
from typing import Any
from urllib.parse import urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.layer.every_route import authorized_request
from tests.support.calls import Api
from tests.support.layer import layer
from tests.support.people import People, Person

ROUTES = ("GET /api/tasks", "POST /api/tasks", "GET /api/auth/session", "GET /api/auth/me")
ISSUER = "https://api.example.com"
ATTACKERS_KEY = Ed25519PrivateKey.generate()

type Sign = Callable[[bytes], bytes]
type Forge = Callable[[ValidToken], Iterable[str]]


def access_token(call: Api, person: Person) -> str:
    """Return a JWT of the user."""
    token: str = call("GET /api/auth/token", bearer=person.token).json["token"]
    return token


def encode(part: bytes | dict[str, Any]) -> str:
    """Encode a part of a JWT."""
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def jws(header: bytes | dict[str, Any], claims: bytes | dict[str, Any], sign: Sign) -> str:
    """Return a JWT of any form, also of those that libraries refuse to create."""
    signed = f"{encode(header)}.{encode(claims)}"
    return f"{signed}.{encode(sign(signed.encode()))}"


def unsigned(_message: bytes) -> bytes:
    """Sign with nothing."""
    return b""


def our_signature(message: bytes) -> bytes:
    """Sign with the service's own key, so that only the contents can be the reason of a refusal."""
    key: Ed25519PrivateKey = layer("keys.access_tokens")._private_key(layer("keys").current_keyring().newest)
    return key.sign(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidToken:
    """A valid token and its parts."""

    text: str
    header: dict[str, Any]
    claims: dict[str, Any]

    def forged(self, sign: Sign, *, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """Return the token with another signature and changed parts."""
        return jws(self.header | (header or {}), self.claims | claims, sign)

    def without(self, claim: str) -> str:
        """Return the token without a claim, with our signature."""
        return jws(self.header, {name: value for name, value in self.claims.items() if name != claim}, our_signature)


@pytest.fixture
def ann(people: People) -> Person:
    """A signed-in user."""
    return people.signed_in()


@pytest.fixture
def valid(call: Api, ann: Person) -> ValidToken:
    """Ann's access token."""
    text = access_token(call, ann)
    claims = jwt.decode(text, options={"verify_signature": False})
    return ValidToken(text=text, header=jwt.get_unverified_header(text), claims=claims)


@pytest.fixture(autouse=True)
def _no_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """The embedded AWS needs no socket, and another DynamoDB one. Another connection would be a token's effect."""
    tables = urlsplit(os.environ.get("AWS_ENDPOINT_URL_DYNAMODB", "")).port
    connect, resolve = socket.socket.connect, socket.getaddrinfo

    def connect_tables(connection: socket.socket, address: tuple[str, int]) -> None:
        if address[1] != tables:
            pytest.fail("a request went out")
        connect(connection, address)

    def resolve_tables(host: str, port: int, *rest: Any, **named: Any) -> Any:
        if port != tables:
            pytest.fail("a request went out")
        return resolve(host, port, *rest, **named)

    monkeypatch.setattr(socket.socket, "connect", connect_tables)
    monkeypatch.setattr(socket, "getaddrinfo", resolve_tables)


def assert_refused(call: Api, token: str, code: str = "INVALID_TOKEN") -> None:
    """Assert a 401 of a protected route, and that get-session treats the request as anonymous.

    `test_access_policies` covers the other routes.
    """
    response = authorized_request(call, "GET /api/tasks", bearer=token)
    assert (response.status, response.code) == (401, code), token[:200]
    assert call("GET /api/auth/get-session", bearer=token).text == "null"


# -- The valid token --------------------------------------------------------------


def test_the_forgeries_would_be_valid_with_our_signature(call: Api, valid: ValidToken) -> None:
    """Without this, the refusals would prove nothing."""
    for route in ROUTES:
        assert authorized_request(call, route, bearer=valid.text).status in {200, 201}
        assert authorized_request(call, route, bearer=valid.forged(our_signature)).status in {200, 201}


def test_an_access_token_signs_out_its_session(call: Api, ann: Person, valid: ValidToken) -> None:
    assert call("POST /api/auth/sign-out", bearer=valid.text).json == {"success": True}

    assert_refused(call, valid.text)
    assert call("GET /api/tasks", bearer=ann.token).status == 401


def test_get_session_accepts_an_access_token(call: Api, ann: Person, valid: ValidToken) -> None:
    shown = call("GET /api/auth/get-session", bearer=valid.text).json

    assert (shown["user"]["email"], shown["session"]["id"]) == (ann.email, valid.claims["sid"])
    assert ann.token not in str(shown)


def test_verification_takes_one_read(call: Api, valid: ValidToken) -> None:
    call("GET /api/tasks", bearer=valid.text)

    assert call.aws_operations[0] == "BatchGetItem"
    assert call.aws_operations.count("BatchGetItem") == 1


def test_the_lifetime_is_fifteen_minutes(call: Api, valid: ValidToken, advance_clock: Callable[..., None]) -> None:
    advance_clock(seconds=valid.claims["exp"] - now() - 2)
    assert call("GET /api/tasks", bearer=valid.text).status == 200

    advance_clock(seconds=3)
    assert_refused(call, valid.text, "TOKEN_EXPIRED")


# -- Forged tokens ------------------------------------------------------------------


def now() -> int:
    """Return the service's time, in whole seconds."""
    return int(layer("clock").now().timestamp())


def other_algorithms(valid: ValidToken) -> Iterator[str]:
    """Other algorithms, even with our signature or a valid one of that algorithm."""
    elliptic, rivest = ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65_537, 2048)
    signers: list[Sign] = [
        our_signature,
        lambda message: elliptic.sign(message, ec.ECDSA(SHA256())),
        lambda message: rivest.sign(message, padding.PKCS1v15(), SHA256()),
    ]
    for algorithm in ("RS256", "PS256", "ES256", "ES512", "HS256", "Ed25519", "Ed448", "eddsa"):
        yield from (valid.forged(sign, header={"alg": algorithm}) for sign in signers)


def public_keys(valid: ValidToken) -> Iterator[str]:
    """The public key as an HMAC secret, in every encoding."""
    public = layer("keys.access_tokens")._private_key(layer("keys").current_keyring().newest).public_key()
    x = encode(public.public_bytes_raw())
    jwk = {"alg": "EdDSA", "crv": "Ed25519", "kty": "OKP", "x": x, "kid": valid.header["kid"]}
    secrets = [
        public.public_bytes_raw(),
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        *(x.encode(), json.dumps(jwk).encode(), b""),
    ]
    for algorithm, hashed in (("HS256", "sha256"), ("HS512", "sha512")):
        yield from (valid.forged(partial(digest, key, digest=hashed), header={"alg": algorithm}) for key in secrets)


def embedded_keys(valid: ValidToken) -> Iterator[str]:
    """A key in the header, under the id of ours, another id or none."""
    x = encode(ATTACKERS_KEY.public_key().public_bytes_raw())
    jwk = {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "x": x}
    for header in (
        valid.header | {"jwk": jwk | {"kid": valid.header["kid"]}},
        valid.header | {"jwk": jwk | {"kid": "own"}, "kid": "own"},
        {"alg": "EdDSA", "jwk": jwk},
    ):
        yield jws(header, valid.claims, ATTACKERS_KEY.sign)


def critical_extensions(valid: ValidToken) -> Iterator[str]:
    """RFC 7515, 4.1.11 and RFC 7797: no critical extension is ignored."""
    values: list[Any] = [["x"], ["exp"], ["b64"], [], "x", None, {}]
    yield from (valid.forged(our_signature, header={"crit": value, "x": 1}) for value in values)
    for names in (["cnf"], ["bork"], ["http://example.com/x"], ["alg"], ["kid"], ["exp", "x"]):
        yield valid.forged(
            our_signature, header={"crit": names, **dict.fromkeys(names, valid.header.get(names[0], True))}
        )
    yield valid.forged(our_signature, header={"b64": False})
    yield valid.forged(our_signature, header={"b64": False, "crit": ["b64"]})


def other_claims(valid: ValidToken, names: Iterable[str], values: Iterable[Any]) -> Iterator[str]:
    """Claims with other values, with our signature."""
    return (valid.forged(our_signature, **{name: value}) for name, value in product(names, values))


def not_objects(valid: ValidToken) -> Iterator[str]:
    """A header or claims that are no JSON object."""
    texts = [
        *(b"", b"null", b"[]", b"1", b'"x"', b"{", b"\xff\xfe", b'{"alg": "EdDSA", "alg": "none"}'),
        *(b'{"a":' + b"[" * 4000, b'{"a":' + b"[" * 2500 + b"]" * 2500 + b"}", b'{"exp": ' + b"9" * 5000 + b"}"),
        *(b'{"sub": "\\ud800", "sid": "\\ud800"}', b'{"alg": "EdDSA", "kid": "\\ud800"}'),
    ]
    for raw in texts:
        yield jws(raw, valid.claims, our_signature)
        yield jws(valid.header, raw, our_signature)


def oversized(valid: ValidToken) -> Iterator[str]:
    """Tokens longer than any that we issue."""
    for length in (8_193, 200_000):
        yield valid.forged(our_signature, more="x" * length)
        yield valid.forged(our_signature, header={"more": "x" * length})
        yield f"{valid.text}{'A' * length}"
        yield f"{'A' * length}.{valid.text.partition('.')[2]}"


# No session has these ids, although some are keys of other rows.
NO_SESSIONS: list[dict[str, Any]] = [
    *({"sid": sid} for sid in ("EPOCH", "KEYRING", "", "A" * 22, None, 1, {"S": "EPOCH"}, "x" * 3000)),
    *({"sub": sub} for sub in ("KEYRING", "", None, 1, ["x"], "\0" * 36)),
    {"sub": "KEYRING", "sid": "KEYRING"},
]
NO_KEYS = ["", "evil", "../../dev/null", "/dev/null", "' OR 1=1 --", "\0", "A" * 5000, "KEYRING", 1, None, True, [], {}]
URLS = ("https://evil.example/jwks.json", "http://169.254.169.254/latest", "file:///etc/passwd")
OTHER_ISSUERS: list[Any] = [  # prefixes, substrings, other spellings, other types
    *("", "https", "api.example.com", "HTTPS://API.EXAMPLE.COM", "https://api.example.co", f"{ISSUER}/"),
    *(f"{ISSUER}.evil.example", f"{ISSUER}\0", "https://app.example.com", "https://evil.example"),
    *(None, [], {}, 1, ["https://evil.example"]),
]
NO_TIMES: list[Any] = ["4102444800", "never", None, True, [], {}, [4_102_444_800]]
NO_SIGNATURES = ("", "A", "AAAA", "A" * 86, "=", "ä", "A" * 2000)
WITHOUT_A_READ: dict[str, Forge] = {
    "cve_2026_67336, cve_2026_28802, s_28: no algorithm": lambda valid: (
        valid.forged(sign, header={"alg": name})
        for name, sign in product(("none", "None", "nOnE", "NONE", "", None), (unsigned, our_signature))
    ),
    "cve_2026_48523, cve_2024_37568, s_28: another algorithm": other_algorithms,
    "cve_2025_61920, s_31: oversized": oversized,
}
FORGED: dict[str, Forge] = WITHOUT_A_READ | {
    "cve_2022_29217, s_28: the public key as a secret": public_keys,
    "s_28: no signature": lambda valid: (f"{valid.text.rpartition('.')[0]}.{text}" for text in NO_SIGNATURES),
    "another key": lambda valid: [valid.forged(ATTACKERS_KEY.sign)],
    "the signature of other claims": lambda valid: [
        valid.text.replace(valid.text.split(".")[1], encode(valid.claims | {"exp": valid.claims["exp"] + 1}))
    ],
    "cve_2026_27962, s_29: an embedded key": embedded_keys,
    "s_29: a key by URL": lambda valid: (
        valid.forged(ATTACKERS_KEY.sign, header={name: url, "kid": kid})
        for name, url, kid in product(("jku", "x5u"), URLS, (valid.header["kid"], "evil"))
    ),
    "a certificate": lambda valid: [valid.forged(ATTACKERS_KEY.sign, header={"x5c": ["MIIB"], "x5t": "AAAA"})],
    "s_29: an unpublished key": lambda valid: (
        valid.forged(sign, header={"kid": kid}) for kid, sign in product(NO_KEYS, (ATTACKERS_KEY.sign, our_signature))
    ),
    "no key id": lambda valid: [jws({"alg": "EdDSA"}, valid.claims, our_signature)],
    "cve_2026_32597, cve_2025_59420, s_29: a critical extension": critical_extensions,
    "s_30, rfc 8725 3.11: another type": lambda valid: (
        valid.forged(our_signature, header={"typ": kind}) for kind in ("reset+jwt", "logout+jwt", "dpop+jwt", "JWE", 1)
    ),
    "a claim that is missing": lambda valid: map(valid.without, ("sub", "sid", "iss", "aud", "iat", "exp")),
    "s_30: issued or valid more than a minute in the future": lambda valid: other_claims(
        valid, ("iat", "nbf"), (now() + seconds for seconds in (61, 120, 10**9))
    ),
    "s_30: a time that is no number": lambda valid: other_claims(valid, ("exp", "iat", "nbf"), NO_TIMES),
    "cve_2024_53861, s_30: another issuer or audience": lambda valid: other_claims(
        valid, ("iss", "aud"), OTHER_ISSUERS
    ),
    "no session": lambda valid: (
        valid.forged(sign, **claims)
        for claims, sign in product(NO_SESSIONS, (our_signature, ATTACKERS_KEY.sign, unsigned))
    ),
    "cve_2025_62706: compressed": lambda valid: [
        jws(valid.header | {"zip": "DEF", "enc": "A128GCM"}, b"\x78\x9c\x03\0", our_signature)
    ],
    "s_31: no JSON object": not_objects,
    "text around a token": lambda valid: (
        text.format(valid.text)
        for text in ("{0}.", ".{0}", "{0}.{0}", " {0} x", "{0}\n{0}", "{0},{0}", "{0}%00", "..", "a.b.c")
    ),
}


@pytest.mark.parametrize("kind", FORGED)
def test_a_forged_token_is_refused(call: Api, valid: ValidToken, kind: str) -> None:
    for token in FORGED[kind](valid):
        assert_refused(call, token)
        assert call.aws_operations == [] or kind not in WITHOUT_A_READ


def test_an_expired_token_is_refused(call: Api, valid: ValidToken) -> None:
    """S-30: there is no leeway at the end, and a little at the beginning."""
    for token in other_claims(valid, ["exp"], (now() - seconds for seconds in (1, 60, 86_400, 10**9))):
        assert_refused(call, token, "TOKEN_EXPIRED")
    assert call("GET /api/tasks", bearer=valid.forged(our_signature, iat=now() + 20)).status == 200


def test_session_and_user_must_belong_together(call: Api, people: People, valid: ValidToken) -> None:
    bob = people.signed_in("bob")
    sid = jwt.decode(access_token(call, bob), options={"verify_signature": False})["sid"]

    assert_refused(call, valid.forged(our_signature, sid=sid))
    assert_refused(call, valid.forged(our_signature, sub=bob.id))


def test_sign_out_ignores_a_refused_token(call: Api, valid: ValidToken) -> None:
    for token in critical_extensions(valid):
        assert call("POST /api/auth/sign-out", bearer=token).status == 200
    assert call("GET /api/tasks", bearer=valid.text).status == 200


@pytest.mark.parametrize("name", ["iat", "exp"])
def test_an_extreme_time_causes_no_500(call: Api, valid: ValidToken, name: str) -> None:
    for value in ("Infinity", "-Infinity", "NaN", "9" * 400, "1e400"):
        claims = json.dumps(valid.claims | {name: "TIME"}).replace('"TIME"', value).encode()

        assert call("GET /api/tasks", bearer=jws(valid.header, claims, our_signature)).status in {200, 401}
        assert_refused(call, jws(valid.header, claims, ATTACKERS_KEY.sign))
