"""Access tokens: nothing but our own signature over our own claims opens a door, and only while the session lives."""

import json
import socket
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from hmac import digest
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.layer.test_main_job import ask
from tests.support.calls import Api
from tests.support.layer import layer
from tests.support.people import People, Person
from tests.support.routes import PROTECTED

DOORS = ("GET /api/tasks", "POST /api/tasks", "GET /api/auth/token", "GET /api/auth/list-sessions")
ISSUER = "https://api.example.com"
MALLORY = Ed25519PrivateKey.generate()

type Sign = Callable[[bytes], bytes]


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
    key: Ed25519PrivateKey = layer("keys.access")._private_key(layer("keys").current().newest)
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
    """401 at every kind of door, and nobody for get-session."""
    for door in DOORS:
        answer = ask(call, door, "x", bearer=token)
        assert answer.status == 401, answer.text
        reason = (answer.json.get("details") or {}).get("reason", answer.code)
        assert reason == code
    assert call("GET /api/auth/get-session", bearer=token).text == "null"
    assert call("GET /api/auth/me", bearer=token).status == 401


# -- The good one -----------------------------------------------------------------


def test_what_these_tests_forge_would_be_good_with_our_signature(call: Api, good: Genuine) -> None:
    """Or they would show nothing."""
    for door in DOORS:
        assert ask(call, door, "x", bearer=good.text).status in {200, 201}
        assert ask(call, door, "x", bearer=good.forged(ours)).status in {200, 201}


@pytest.mark.parametrize("route", PROTECTED)
def test_an_access_token_opens_every_protected_route_until_its_session_ends(
    call: Api, ann: Person, good: Genuine, route: str
) -> None:
    """S-32."""
    assert ask(call, route, ann.id, bearer=good.text).status not in {401, 403, 500}

    call("POST /api/auth/sign-out", bearer=ann.token)

    assert ask(call, route, ann.id, bearer=good.text).status == 401


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

    assert call.calls[0] == "BatchGetItem"
    assert call.calls.count("BatchGetItem") == 1


def test_it_is_good_for_fifteen_minutes(call: Api, good: Genuine, later: Callable[..., None]) -> None:
    later(seconds=good.claims["exp"] - now() - 2)
    assert call("GET /api/tasks", bearer=good.text).status == 200

    later(seconds=3)
    assert_refused(call, good.text, "TOKEN_EXPIRED")


# -- The signature ----------------------------------------------------------------


def test_cve_2026_67336_no_algorithm_is_no_signature(call: Api, good: Genuine) -> None:
    """S-28; CVE-2026-28802, too."""
    for algorithm in ("none", "None", "nOnE", "NONE", "", None):
        for sign in (unsigned, ours):
            assert_refused(call, good.forged(sign, header={"alg": algorithm}))
            assert call.calls == []


@pytest.mark.parametrize(("algorithm", "hashed"), [("HS256", "sha256"), ("HS512", "sha512")])
def test_cve_2022_29217_the_public_key_is_no_shared_secret(
    call: Api, good: Genuine, algorithm: str, hashed: str
) -> None:
    """S-28: in whatever form somebody takes it for one."""
    (jwk,) = call("GET /api/auth/jwks").json["keys"]
    public = jwt.PyJWK(jwk).key
    secrets = [
        public.public_bytes_raw(),
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        jwk["x"].encode(),
        json.dumps(jwk).encode(),
        b"",
    ]

    for secret in secrets:
        sign = partial(digest, secret, digest=hashed)
        assert_refused(call, good.forged(sign, header={"alg": algorithm}))


def test_cve_2026_48523_no_other_algorithm_will_do(call: Api, good: Genuine) -> None:
    """S-28, CVE-2024-37568: not even over our own signature, nor under a key of that kind."""
    elliptic, rivest = ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65_537, 2048)
    signers: list[Sign] = [
        ours,
        lambda message: elliptic.sign(message, ec.ECDSA(SHA256())),
        lambda message: rivest.sign(message, padding.PKCS1v15(), SHA256()),
    ]

    for algorithm in ("RS256", "PS256", "ES256", "ES512", "HS256", "Ed25519", "Ed448", "eddsa"):
        for sign in signers:
            assert_refused(call, good.forged(sign, header={"alg": algorithm}))
            assert call.calls == []


def test_a_signature_that_is_none_is_refused(call: Api, good: Genuine) -> None:
    """S-28."""
    for signature in ("", "A", "AAAA", "A" * 86, "=", "ä", "A" * 2000):
        assert_refused(call, f"{good.text.rpartition('.')[0]}.{signature}")


def test_a_key_of_somebody_else_signs_nothing(call: Api, good: Genuine) -> None:
    assert_refused(call, good.forged(MALLORY.sign))
    for route in PROTECTED:
        assert ask(call, route, "x", bearer=good.forged(MALLORY.sign)).status == 401


def test_a_signature_belongs_to_its_claims(call: Api, good: Genuine) -> None:
    header, _, signature = good.text.split(".")
    claims = encoded(good.claims | {"exp": good.claims["exp"] + 1})

    assert_refused(call, f"{header}.{claims}.{signature}")


# -- The header -------------------------------------------------------------------


@pytest.mark.parametrize("named", ["genuine", "own", "none"])
def test_cve_2026_27962_a_key_that_a_token_brings_along_is_not_used(call: Api, good: Genuine, named: str) -> None:
    """S-29."""
    x = encoded(MALLORY.public_key().public_bytes_raw())
    jwk = {"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "x": x}
    header = {
        "genuine": good.header | {"jwk": jwk | {"kid": good.header["kid"]}},
        "own": good.header | {"jwk": jwk | {"kid": "own"}, "kid": "own"},
        "none": {"alg": "EdDSA", "jwk": jwk},
    }[named]

    assert_refused(call, jws(header, good.claims, MALLORY.sign))


@pytest.mark.parametrize("name", ["jku", "x5u"])
def test_a_key_is_fetched_from_nowhere(call: Api, good: Genuine, name: str) -> None:
    """S-29."""
    for url in ("https://evil.example/jwks.json", "http://169.254.169.254/latest", "file:///etc/passwd"):
        for kid in (good.header["kid"], "evil"):
            assert_refused(call, good.forged(MALLORY.sign, header={name: url, "kid": kid}))


def test_a_certificate_is_not_looked_at(call: Api, good: Genuine) -> None:
    assert_refused(call, good.forged(MALLORY.sign, header={"x5c": ["MIIB"], "x5t": "AAAA"}))


def test_a_key_that_nobody_published_is_unknown(call: Api, good: Genuine) -> None:
    """S-29."""
    texts = ["", "evil", "../../dev/null", "/dev/null", "' OR 1=1 --", "\0", "A" * 5000, "KEYRING"]
    kids: list[Any] = [*texts, 1, None, True, [], {}]
    for kid in kids:
        for sign in (MALLORY.sign, ours):
            assert_refused(call, good.forged(sign, header={"kid": kid}))


def test_a_token_without_a_key_id_is_refused(call: Api, good: Genuine) -> None:
    assert_refused(call, jws({"alg": "EdDSA"}, good.claims, ours))


def test_cve_2026_32597_what_is_critical_and_unknown_is_refused(call: Api, good: Genuine) -> None:
    """S-29; CVE-2025-59420, too."""
    values: list[Any] = [["x"], ["exp"], ["b64"], [], "x", None, {}]
    for critical in values:
        assert_refused(call, good.forged(ours, header={"crit": critical, "x": 1}))


def test_cve_2025_59420_no_extension_that_claims_to_be_critical_is_passed_over(call: Api, good: Genuine) -> None:
    """S-29: RFC 7515, 4.1.11, under a good signature of ours, and wherever a token is taken."""
    for critical in (["cnf"], ["bork"], ["http://example.com/x"], ["alg"], ["kid"], ["exp", "x"]):
        token = good.forged(
            ours, header={"crit": critical, **dict.fromkeys(critical, good.header.get(critical[0], True))}
        )
        assert_refused(call, token)
        assert call("GET /api/auth/get-session", bearer=token).text == "null"
        assert call("POST /api/auth/sign-out", bearer=token).status == 200
    assert call("GET /api/tasks", bearer=good.text).status == 200


def test_a_payload_outside_of_the_token_is_refused(call: Api, good: Genuine) -> None:
    """RFC 7797."""
    assert_refused(call, good.forged(ours, header={"b64": False}))
    assert_refused(call, good.forged(ours, header={"b64": False, "crit": ["b64"]}))


def test_a_token_of_another_type_is_no_access_token(call: Api, good: Genuine) -> None:
    """S-30, RFC 8725 §3.11."""
    for kind in ("reset+jwt", "logout+jwt", "dpop+jwt", "JWE", 1):
        assert_refused(call, good.forged(ours, header={"typ": kind}))


# -- The claims -------------------------------------------------------------------


def now() -> int:
    """The time of the service, in whole seconds."""
    return int(layer("clock").now().timestamp())


@pytest.mark.parametrize("claim", ["sub", "sid", "iss", "aud", "iat", "exp"])
def test_no_claim_may_be_missing(call: Api, good: Genuine, claim: str) -> None:
    assert_refused(call, good.without(claim))


@pytest.mark.parametrize("name", ["iat", "nbf"])
def test_a_token_of_the_future_is_refused(call: Api, good: Genuine, name: str) -> None:
    """S-30: clocks may differ by a minute at the most."""
    for seconds in (61, 120, 10**9):
        moment: Any = now() + seconds
        assert_refused(call, good.forged(ours, **{name: moment}))


def test_clocks_may_differ_a_little(call: Api, good: Genuine) -> None:
    assert call("GET /api/tasks", bearer=good.forged(ours, iat=now() + 20)).status == 200


def test_a_token_of_the_past_is_over(call: Api, good: Genuine) -> None:
    """S-30: no leeway at the end."""
    for seconds in (1, 60, 86_400, 10**9):
        assert_refused(call, good.forged(ours, exp=now() - seconds), "TOKEN_EXPIRED")


@pytest.mark.parametrize("name", ["exp", "iat", "nbf"])
def test_a_time_is_a_number(call: Api, good: Genuine, name: str) -> None:
    """S-30."""
    values: list[Any] = ["4102444800", "never", None, True, [], {}, [4_102_444_800]]
    for value in values:
        assert_refused(call, good.forged(ours, **{name: value}))


@pytest.mark.parametrize("name", ["iss", "aud"])
def test_cve_2024_53861_another_issuer_or_audience_is_not_ours(call: Api, good: Genuine, name: str) -> None:
    """S-30: no prefix, no substring, no other spelling."""
    values: list[Any] = [
        *("", "https", "api.example.com", "HTTPS://API.EXAMPLE.COM", "https://api.example.co", f"{ISSUER}/"),
        *(f"{ISSUER}.evil.example", f"{ISSUER}\0", "https://app.example.com", "https://evil.example"),
        *(None, [], {}, 1, ["https://evil.example"]),
    ]
    for value in values:
        assert_refused(call, good.forged(ours, **{name: value}))


def test_only_the_coordinates_of_a_session_name_one(call: Api, good: Genuine) -> None:
    """Neither the epoch's row nor the keyring is one, signed or not."""
    claims: list[dict[str, Any]] = [
        {"sid": "EPOCH"},
        {"sub": "KEYRING", "sid": "KEYRING"},
        {"sub": "KEYRING"},
        {"sid": "KEYRING"},
        {"sid": ""},
        {"sub": ""},
        {"sid": "A" * 22},
        {"sid": None},
        {"sub": None},
        {"sid": 1},
        {"sub": 1},
        {"sub": ["x"]},
        {"sid": {"S": "EPOCH"}},
        {"sid": "x" * 3000},
        {"sub": "\0" * 36},
    ]
    for changed in claims:
        for sign in (ours, MALLORY.sign, unsigned):
            assert_refused(call, good.forged(sign, **changed))


def test_the_session_of_one_is_not_that_of_another(call: Api, people: People, good: Genuine) -> None:
    bob = people.signed_in("bob")
    sid = jwt.decode(access_token(call, bob), options={"verify_signature": False})["sid"]

    assert_refused(call, good.forged(ours, sid=sid))
    assert_refused(call, good.forged(ours, sub=bob.id))


# -- The form ---------------------------------------------------------------------


@pytest.mark.parametrize("length", [8_193, 200_000])
def test_cve_2025_61920_a_giant_is_refused_at_once(call: Api, good: Genuine, length: int) -> None:
    """S-31."""
    giants = [
        good.forged(ours, more="x" * length),
        good.forged(ours, header={"more": "x" * length}),
        f"{good.text}{'A' * length}",
        f"{'A' * length}.{good.text.partition('.')[2]}",
    ]
    begun = time.perf_counter()

    for giant in giants:
        assert_refused(call, giant)
        assert call.calls == []

    assert time.perf_counter() - begun < 2


def test_cve_2025_62706_a_compressed_token_is_not_unpacked(call: Api, good: Genuine) -> None:
    assert_refused(call, jws(good.header | {"zip": "DEF", "enc": "A128GCM"}, b"\x78\x9c\x03\0", ours))


@pytest.mark.parametrize("part", [0, 1])
def test_what_is_no_json_object_is_refused(call: Api, good: Genuine, part: int) -> None:
    """S-31."""
    texts = [
        *(b"", b"null", b"[]", b"1", b'"x"', b"{", b"\xff\xfe", b'{"alg": "EdDSA", "alg": "none"}'),
        *(b'{"a":' + b"[" * 4000, b'{"a":' + b"[" * 2500 + b"]" * 2500 + b"}", b'{"exp": ' + b"9" * 5000 + b"}"),
        *(b'{"sub": "\\ud800", "sid": "\\ud800"}', b'{"alg": "EdDSA", "kid": "\\ud800"}'),
    ]
    for raw in texts:
        segments: list[bytes | dict[str, Any]] = [good.header, good.claims]
        segments[part] = raw
        assert_refused(call, jws(segments[0], segments[1], ours))


@pytest.mark.parametrize("name", ["iat", "exp"])
def test_a_time_beyond_all_bounds_is_no_accident(call: Api, good: Genuine, name: str) -> None:
    for value in ("Infinity", "-Infinity", "NaN", "9" * 400, "1e400"):
        claims = json.dumps(good.claims | {name: "TIME"}).replace('"TIME"', value).encode()

        assert call("GET /api/tasks", bearer=jws(good.header, claims, ours)).status in {200, 401}
        assert_refused(call, jws(good.header, claims, MALLORY.sign))


def test_more_than_a_token_is_none(call: Api, good: Genuine) -> None:
    for text in ("{0}.", ".{0}", "{0}.{0}", " {0} x", "{0}\n{0}", "{0},{0}", "{0}%00", "..", "a.b.c"):
        for door in DOORS:
            assert ask(call, door, "x", bearer=text.format(good.text)).status == 401
