"""A software authenticator with its browser: makes passkeys and answers challenges, correctly unless told otherwise."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_bytes
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256

from tests.support.base64url import decode, encode

EDDSA, ES256, RS256 = -8, -7, -257
ORIGIN, RP_ID = "https://api.example.com", "api.example.com"
UP, UV, BE, BS, AT, ED = (1 << bit for bit in (0, 2, 3, 4, 6, 7))
AAGUID = bytes.fromhex("00112233445566778899aabbccddeeff")

type Json = dict[str, Any]


class Es256:
    """A key pair of P-256."""

    def __init__(self) -> None:
        self._private = ec.generate_private_key(ec.SECP256R1())

    @property
    def cose(self) -> Json:
        """The public key's parameters."""
        numbers = self._private.public_key().public_numbers()
        return {1: 2, 3: ES256, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}  # type: ignore[dict-item]

    def sign(self, data: bytes) -> bytes:
        """Return a signature."""
        return self._private.sign(data, ec.ECDSA(SHA256()))


class EdDsa:
    """A key pair of Ed25519."""

    def __init__(self) -> None:
        self._private = ed25519.Ed25519PrivateKey.generate()

    @property
    def cose(self) -> Json:
        """The public key's parameters."""
        return {1: 1, 3: EDDSA, -1: 6, -2: self._private.public_key().public_bytes_raw()}  # type: ignore[dict-item]

    def sign(self, data: bytes) -> bytes:
        """Return a signature."""
        return self._private.sign(data)


class Rs256:
    """A key pair of RSA."""

    def __init__(self, bits: int = 2048) -> None:
        self._private = rsa.generate_private_key(65537, bits)

    @property
    def cose(self) -> Json:
        """The public key's parameters."""
        numbers = self._private.public_key().public_numbers()
        size = (self._private.key_size + 7) // 8
        return {1: 3, 3: RS256, -1: numbers.n.to_bytes(size), -2: numbers.e.to_bytes(3)}  # type: ignore[dict-item]

    def sign(self, data: bytes) -> bytes:
        """Return a signature."""
        return self._private.sign(data, padding.PKCS1v15(), SHA256())


def _same(value: Any) -> Any:
    return value


@dataclass(kw_only=True)
class Authenticator:
    """One passkey, its counter, and the browser in front of it. Every part can be wrong.

    `change_client_data`, `change_data`, `change_key`, `change_attestation` and `change_response` alter a part before
    what depends on it is made: signatures over altered parts are good.
    """

    key: Es256 | EdDsa | Rs256 = field(default_factory=Es256)
    credential_id: bytes = field(default_factory=lambda: token_bytes(32))
    counter: int = 0
    counts: bool = False
    flags: int = UP | UV | BE | BS
    origin: str = ORIGIN
    rp_id: str | None = None  # where it is not what the options say
    user_handle: bytes | None = None
    transports: Any = ("internal", "hybrid")
    extensions: bytes = b""
    change_client_data: Callable[[Json], Any] = _same
    change_data: Callable[[bytes], bytes] = _same
    change_key: Callable[[Json], Any] = _same
    change_attestation: Callable[[Json], Any] = _same
    change_response: Callable[[Json], Json] = _same
    sign: Callable[[bytes], bytes] | None = None

    def register(self, options: Json) -> Json:
        """Return the response to creation options."""
        client_data = self._client_data("webauthn.create", options["challenge"])
        self.user_handle = decode(options["user"]["id"])
        length = len(self.credential_id).to_bytes(2)
        key = cbor2.dumps(self.change_key(self.key.cose))
        data = self._data(options["rp"]["id"], AT, AAGUID + length + self.credential_id + key)
        attestation = self.change_attestation({"fmt": "none", "attStmt": {}, "authData": data})
        response = {
            "clientDataJSON": encode(client_data),
            "attestationObject": encode(attestation if isinstance(attestation, bytes) else cbor2.dumps(attestation)),
            "transports": list(self.transports),
        }
        return self._response(response) | {"authenticatorAttachment": "platform", "clientExtensionResults": {}}

    def authenticate(self, options: Json) -> Json:
        """Return the response to request options."""
        self.counter += self.counts
        client_data = self._client_data("webauthn.get", options["challenge"])
        data = self._data(options["rpId"], 0, b"")
        response: Json = {
            "clientDataJSON": encode(client_data),
            "authenticatorData": encode(data),
            "signature": encode((self.sign or self.key.sign)(data + sha256(client_data).digest())),
        }
        if self.user_handle is not None:
            response["userHandle"] = encode(self.user_handle)
        return self._response(response)

    def _client_data(self, kind: str, challenge: str) -> bytes:
        members = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        changed = self.change_client_data(members)
        return changed if isinstance(changed, bytes) else json.dumps(changed, separators=(",", ":")).encode()

    def _data(self, rp_id: str, flags: int, credential: bytes) -> bytes:
        given = flags | self.flags | (ED if self.extensions else 0)
        fixed = sha256((self.rp_id or rp_id).encode()).digest() + bytes([given]) + self.counter.to_bytes(4)
        return self.change_data(fixed + credential + self.extensions)

    def _response(self, response: Json) -> Json:
        name = encode(self.credential_id)
        return self.change_response({"id": name, "rawId": name, "type": "public-key", "response": response})
