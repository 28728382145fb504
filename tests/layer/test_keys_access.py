"""Access tokens: nothing but our own signature over our own claims opens a door, and only while the session lives."""

import json
import socket
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from hmac import digest
from itertools import product
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.layer.every_route import visit
from tests.support.calls import Api
from tests.support.layer import layer
from tests.support.people import People, Person

DOORS = ("GET /api/tasks", "POST /api/tasks", "GET /api/auth/token", "GET /api/auth/list-sessions")
ISSUER = "https://api.example.com"
MALLORY = Ed25519PrivateKey.generate()

type Sign = Callable[[bytes], bytes]
type Forge = Callable[[Genuine], Iterable[str]]


def access_token(call: Api, person: Person) -> str:
    """A JWT of somebody signed in."""
    token: str = call("GET /api/auth/token", bearer=person.token).json["token"]
    return token


def encoded(part: bytes | dict[str, Any]) -> str:
    """One segment of a JWT."""
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def jws(header: bytes | dict[str, Any], claims: bytes | dict[str, Any], sign: Sign) -> str:
    """A JWT of any form, which no library would make."""
    signed = f"{encoded(header)}.{encoded(claims)}"
    return f"{signed}.{encoded(sign(signed.encode()))}"


def unsigned(_message: bytes) -> bytes:
    """No signature."""
    return b""


def ours(message: bytes) -> bytes:
    """The signature of the service itself: what is refused under it is refused for what it says."""
    key: Ed25519PrivateKey = layer("keys.access_tokens")._private_key(layer("keys").current_keyring().newest)
    return key.sign(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Genuine:
    """A good token, taken apart."""

    text: str
    header: dict[str, Any]
    claims: dict[str, Any]

    def forged(self, sign: Sign, *, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """The same with another signature, and with what is given in the place of what was there."""
        return jws(self.header | (header or {}), self.claims | claims, sign)

    def without(self, claim: str) -> str:
        """The same without a claim, under our own signature."""
        return jws(self.header, {name: value for name, value in self.claims.items() if name != claim}, ours)


@pytest.fixture
def ann(people: People) -> Person:
    """Somebody signed in."""
    return people.signed_in()


@pytest.fixture
def good(call: Api, ann: Person) -> Genuine:
    """Her access token."""
    text = access_token(call, ann)
    claims = jwt.decode(text, options={"verify_signature": False})
    return Genuine(text=text, header=jwt.get_unverified_header(text), claims=claims)


@pytest.fixture(autouse=True)
def _nothing_goes_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The embedded AWS needs no socket, so whoever opens one was lured out by a token."""

    def connect(*_: Any, **__: Any) -> None:
        pytest.fail("a request went out")

    monkeypatch.setattr(socket.socket, "connect", connect)
    monkeypatch.setattr(socket, "getaddrinfo", connect)


def assert_refused(call: Api, token: str, code: str = "INVALID_TOKEN") -> None:
    """401 at a door, and nobody for get-session, which tells strangers and callers apart itself; that is all of them.

    The other doors ask the same of a token: `test_who_may_call` and `test_every_door_refuses_what_one_does`.
    """
    answer = visit(call, "GET /api/tasks", bearer=token)
    assert (answer.status, answer.code) == (401, code), token[:200]
    assert call("GET /api/auth/get-session", bearer=token).text == "null"


# -- The good one -----------------------------------------------------------------


def test_what_these_tests_forge_would_be_good_with_our_signature(call: Api, good: Genuine) -> None:
    """Or they would show nothing."""
    for door in DOORS:
        assert visit(call, door, bearer=good.text).status in {200, 201}
        assert visit(call, door, bearer=good.forged(ours)).status in {200, 201}


def test_an_access_token_signs_its_own_session_out(call: Api, ann: Person, good: Genuine) -> None:
    assert call("POST /api/auth/sign-out", bearer=good.text).json == {"success": True}

    assert_refused(call, good.text)
    assert call("GET /api/tasks", bearer=ann.token).status == 401


def test_it_shows_the_session_and_its_person(call: Api, ann: Person, good: Genuine) -> None:
    shown = call("GET /api/auth/get-session", bearer=good.text).json

    assert (shown["user"]["email"], shown["session"]["id"]) == (ann.email, good.claims["sid"])
    assert ann.token not in str(shown)


def test_it_is_checked_in_one_read(call: Api, good: Genuine) -> None:
    call("GET /api/tasks", bearer=good.text)

    assert call.aws_operations[0] == "BatchGetItem"
    assert call.aws_operations.count("BatchGetItem") == 1


def test_it_is_good_for_fifteen_minutes(call: Api, good: Genuine, advance_clock: Callable[..., None]) -> None:
    advance_clock(seconds=good.claims["exp"] - now() - 2)
    assert call("GET /api/tasks", bearer=good.text).status == 200

    advance_clock(seconds=3)
    assert_refused(call, good.text, "TOKEN_EXPIRED")


# -- The forged ones ----------------------------------------------------------------


def now() -> int:
    """The time of the service, in whole seconds."""
    return int(layer("clock").now().timestamp())


def other_algorithms(good: Genuine) -> Iterator[str]:
    """Not even over our own signature, nor under a key of that kind."""
    elliptic, rivest = ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65_537, 2048)
    signers: list[Sign] = [
        ours,
        lambda message: elliptic.sign(message, ec.ECDSA(SHA256())),
        lambda message: rivest.sign(message, padding.PKCS1v15(), SHA256()),
    ]
    for algorithm in ("RS256", "PS256", "ES256", "ES512", "HS256", "Ed25519", "Ed448", "eddsa"):
        yield from (good.forged(sign, header={"alg": algorithm}) for sign in signers)


def public_keys(good: Genuine) -> Iterator[str]:
    """In whatever form somebody takes the public key for a shared secret."""
    public = layer("keys.access_tokens")._private_key(layer("keys").current_keyring().newest).public_key()
    x = encoded(public.public_bytes_raw())
    jwk = {"alg": "EdDSA", "crv": "Ed25519", "kty": "OKP", "x": x, "kid": good.header["kid"]}
    secrets = [
        public.public_bytes_raw(),
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        *(x.encode(), json.dumps(jwk).encode(), b""),
    ]
    for algorithm, hashed in (("HS256", "sha256"), ("HS512", "sha512")):
        yield from (good.forged(partial(digest, key, digest=hashed), header={"alg": algorithm}) for key in secrets)


def keys_of_their_own(good: Genuine) -> Iterator[str]:
    """A key that a token brings along, under the id of ours, an own one or none."""
    x = encoded(MALLORY.public_key().public_bytes_raw())
    jwk = {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "x": x}
    for header in (
        good.header | {"jwk": jwk | {"kid": good.header["kid"]}},
        good.header | {"jwk": jwk | {"kid": "own"}, "kid": "own"},
        {"alg": "EdDSA", "jwk": jwk},
    ):
        yield jws(header, good.claims, MALLORY.sign)


def critical(good: Genuine) -> Iterator[str]:
    """RFC 7515, 4.1.11 and RFC 7797: no extension that claims to be critical is passed over."""
    values: list[Any] = [["x"], ["exp"], ["b64"], [], "x", None, {}]
    yield from (good.forged(ours, header={"crit": value, "x": 1}) for value in values)
    for names in (["cnf"], ["bork"], ["http://example.com/x"], ["alg"], ["kid"], ["exp", "x"]):
        yield good.forged(ours, header={"crit": names, **dict.fromkeys(names, good.header.get(names[0], True))})
    yield good.forged(ours, header={"b64": False})
    yield good.forged(ours, header={"b64": False, "crit": ["b64"]})


def other_claims(good: Genuine, names: Iterable[str], values: Iterable[Any]) -> Iterator[str]:
    """Our own signature over other values of claims."""
    return (good.forged(ours, **{name: value}) for name, value in product(names, values))


def no_objects(good: Genuine) -> Iterator[str]:
    """A header or claims that are no JSON object."""
    texts = [
        *(b"", b"null", b"[]", b"1", b'"x"', b"{", b"\xff\xfe", b'{"alg": "EdDSA", "alg": "none"}'),
        *(b'{"a":' + b"[" * 4000, b'{"a":' + b"[" * 2500 + b"]" * 2500 + b"}", b'{"exp": ' + b"9" * 5000 + b"}"),
        *(b'{"sub": "\\ud800", "sid": "\\ud800"}', b'{"alg": "EdDSA", "kid": "\\ud800"}'),
    ]
    for raw in texts:
        yield jws(raw, good.claims, ours)
        yield jws(good.header, raw, ours)


def giants(good: Genuine) -> Iterator[str]:
    """Longer than any that we make."""
    for length in (8_193, 200_000):
        yield good.forged(ours, more="x" * length)
        yield good.forged(ours, header={"more": "x" * length})
        yield f"{good.text}{'A' * length}"
        yield f"{'A' * length}.{good.text.partition('.')[2]}"


# What names no session, though the service keeps rows under some of these.
NO_SESSIONS: list[dict[str, Any]] = [
    *({"sid": sid} for sid in ("EPOCH", "KEYRING", "", "A" * 22, None, 1, {"S": "EPOCH"}, "x" * 3000)),
    *({"sub": sub} for sub in ("KEYRING", "", None, 1, ["x"], "\0" * 36)),
    {"sub": "KEYRING", "sid": "KEYRING"},
]
NO_KEYS = ["", "evil", "../../dev/null", "/dev/null", "' OR 1=1 --", "\0", "A" * 5000, "KEYRING", 1, None, True, [], {}]
URLS = ("https://evil.example/jwks.json", "http://169.254.169.254/latest", "file:///etc/passwd")
STRANGERS: list[Any] = [  # no prefix, no substring, no other spelling
    *("", "https", "api.example.com", "HTTPS://API.EXAMPLE.COM", "https://api.example.co", f"{ISSUER}/"),
    *(f"{ISSUER}.evil.example", f"{ISSUER}\0", "https://app.example.com", "https://evil.example"),
    *(None, [], {}, 1, ["https://evil.example"]),
]
NO_TIMES: list[Any] = ["4102444800", "never", None, True, [], {}, [4_102_444_800]]
NO_SIGNATURES = ("", "A", "AAAA", "A" * 86, "=", "ä", "A" * 2000)
WITHOUT_A_READ: dict[str, Forge] = {
    "cve_2026_67336, cve_2026_28802, s_28: no algorithm": lambda good: (
        good.forged(sign, header={"alg": name})
        for name, sign in product(("none", "None", "nOnE", "NONE", "", None), (unsigned, ours))
    ),
    "cve_2026_48523, cve_2024_37568, s_28: another algorithm": other_algorithms,
    "cve_2025_61920, s_31: a giant": giants,
}
FORGED: dict[str, Forge] = WITHOUT_A_READ | {
    "cve_2022_29217, s_28: the public key as a secret": public_keys,
    "s_28: no signature": lambda good: (f"{good.text.rpartition('.')[0]}.{text}" for text in NO_SIGNATURES),
    "a key of somebody else": lambda good: [good.forged(MALLORY.sign)],
    "the signature of other claims": lambda good: [
        good.text.replace(good.text.split(".")[1], encoded(good.claims | {"exp": good.claims["exp"] + 1}))
    ],
    "cve_2026_27962, s_29: a key of its own": keys_of_their_own,
    "s_29: a key from elsewhere": lambda good: (
        good.forged(MALLORY.sign, header={name: url, "kid": kid})
        for name, url, kid in product(("jku", "x5u"), URLS, (good.header["kid"], "evil"))
    ),
    "a certificate": lambda good: [good.forged(MALLORY.sign, header={"x5c": ["MIIB"], "x5t": "AAAA"})],
    "s_29: a key that nobody published": lambda good: (
        good.forged(sign, header={"kid": kid}) for kid, sign in product(NO_KEYS, (MALLORY.sign, ours))
    ),
    "no key id": lambda good: [jws({"alg": "EdDSA"}, good.claims, ours)],
    "cve_2026_32597, cve_2025_59420, s_29: a critical extension": critical,
    "s_30, rfc 8725 3.11: another type": lambda good: (
        good.forged(ours, header={"typ": kind}) for kind in ("reset+jwt", "logout+jwt", "dpop+jwt", "JWE", 1)
    ),
    "a claim that is missing": lambda good: map(good.without, ("sub", "sid", "iss", "aud", "iat", "exp")),
    "s_30: of the future, by more than a minute": lambda good: other_claims(
        good, ("iat", "nbf"), (now() + seconds for seconds in (61, 120, 10**9))
    ),
    "s_30: a time that is no number": lambda good: other_claims(good, ("exp", "iat", "nbf"), NO_TIMES),
    "cve_2024_53861, s_30: another issuer or audience": lambda good: other_claims(good, ("iss", "aud"), STRANGERS),
    "what names no session": lambda good: (
        good.forged(sign, **claims) for claims, sign in product(NO_SESSIONS, (ours, MALLORY.sign, unsigned))
    ),
    "cve_2025_62706: compressed": lambda good: [
        jws(good.header | {"zip": "DEF", "enc": "A128GCM"}, b"\x78\x9c\x03\0", ours)
    ],
    "s_31: no JSON object": no_objects,
    "more than a token": lambda good: (
        text.format(good.text)
        for text in ("{0}.", ".{0}", "{0}.{0}", " {0} x", "{0}\n{0}", "{0},{0}", "{0}%00", "..", "a.b.c")
    ),
}


@pytest.mark.parametrize("kind", FORGED)
def test_whatever_is_not_ours_and_as_we_make_it_is_refused(call: Api, good: Genuine, kind: str) -> None:
    for token in FORGED[kind](good):
        assert_refused(call, token)
        assert call.aws_operations == [] or kind not in WITHOUT_A_READ


def test_a_token_of_the_past_is_over(call: Api, good: Genuine) -> None:
    """S-30: no leeway at the end; clocks may differ a little at the beginning."""
    for token in other_claims(good, ["exp"], (now() - seconds for seconds in (1, 60, 86_400, 10**9))):
        assert_refused(call, token, "TOKEN_EXPIRED")
    assert call("GET /api/tasks", bearer=good.forged(ours, iat=now() + 20)).status == 200


def test_the_session_of_one_is_not_that_of_another(call: Api, people: People, good: Genuine) -> None:
    bob = people.signed_in("bob")
    sid = jwt.decode(access_token(call, bob), options={"verify_signature": False})["sid"]

    assert_refused(call, good.forged(ours, sid=sid))
    assert_refused(call, good.forged(ours, sub=bob.id))


def test_a_refused_token_is_no_reason_not_to_sign_out(call: Api, good: Genuine) -> None:
    for token in critical(good):
        assert call("POST /api/auth/sign-out", bearer=token).status == 200
    assert call("GET /api/tasks", bearer=good.text).status == 200


@pytest.mark.parametrize("name", ["iat", "exp"])
def test_a_time_beyond_all_bounds_is_no_accident(call: Api, good: Genuine, name: str) -> None:
    for value in ("Infinity", "-Infinity", "NaN", "9" * 400, "1e400"):
        claims = json.dumps(good.claims | {name: "TIME"}).replace('"TIME"', value).encode()

        assert call("GET /api/tasks", bearer=jws(good.header, claims, ours)).status in {200, 401}
        assert_refused(call, jws(good.header, claims, MALLORY.sign))
