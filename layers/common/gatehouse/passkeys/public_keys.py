"""Public keys in COSE's form (RFC 9053): ES256 with P-256, EdDSA with Ed25519, RS256 with 2048 to 4096 bits."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicKey,
    EllipticCurvePublicNumbers,
    derive_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256

from gatehouse.passkeys.cbor import decode_map
from gatehouse.passkeys.model import EDDSA, ES256, RS256, InvalidResponse

type Parameters = dict[Any, Any]
type Verify = Callable[[bytes, bytes], None]

_KTY, _ALG, _CRV, _X, _Y = 1, 3, -1, -2, -3
_N, _E = -1, -2
_OKP, _EC2, _RSA = 1, 2, 3
_P256, _ED25519 = 1, 6
_COORDINATE = 32  # bytes
_SOME_SIGNATURE = bytes.fromhex("3006020101020101")  # well-formed: r and s are 1
_RSA_BITS = range(2048, 4096 + 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """A public key, and the COSE number of the one algorithm that it is for."""

    algorithm: int
    verify: Verify

    @classmethod
    def parse(cls, cose_key: bytes) -> "PublicKey":
        """Parse a key; raises InvalidResponse for one of another kind, and for one that is malformed or weak."""
        parameters = decode_map(cose_key)
        algorithm = parameters.get(_ALG)
        read = _KINDS.get(algorithm) if type(algorithm) is int else None
        if not read:
            raise InvalidResponse("algorithm of the public key")
        try:
            return cls(algorithm=parameters[_ALG], verify=read(parameters))
        except (ValueError, UnsupportedAlgorithm) as error:
            raise InvalidResponse(f"public key: {error}") from None

    def signed(self, data: bytes, signature: bytes) -> bool:
        """Whether a signature over `data` is by this key."""
        try:
            self.verify(signature, data)
        except InvalidSignature:
            return False
        return True


def warm_up() -> None:
    """Let OpenSSL load what checks signatures, before the first request: it takes some milliseconds of a whole CPU."""
    key = derive_private_key(1, SECP256R1()).public_key()
    PublicKey(algorithm=ES256, verify=_ecdsa(key)).signed(b"", _SOME_SIGNATURE)


def _es256(parameters: Parameters) -> Verify:
    _check(parameters, _EC2, _P256)
    x, y = (int.from_bytes(_bytes(parameters, name, _COORDINATE)) for name in (_X, _Y))
    return _ecdsa(EllipticCurvePublicNumbers(x, y, SECP256R1()).public_key())  # it must be a point of the curve


def _ecdsa(key: EllipticCurvePublicKey) -> Verify:
    return lambda signature, data: key.verify(signature, data, ECDSA(SHA256()))


def _eddsa(parameters: Parameters) -> Verify:
    _check(parameters, _OKP, _ED25519)
    return Ed25519PublicKey.from_public_bytes(_bytes(parameters, _X, _COORDINATE)).verify


def _rs256(parameters: Parameters) -> Verify:
    _check(parameters, _RSA)
    modulus, exponent = (int.from_bytes(_bytes(parameters, name)) for name in (_N, _E))
    if modulus.bit_length() not in _RSA_BITS:
        raise ValueError("bits of the modulus")
    key = RSAPublicNumbers(exponent, modulus).public_key()
    return lambda signature, data: key.verify(signature, data, PKCS1v15(), SHA256())


_KINDS: dict[int, Callable[[Parameters], Verify]] = {EDDSA: _eddsa, ES256: _es256, RS256: _rs256}


def _check(parameters: Parameters, kind: int, curve: int | None = None) -> None:
    """Raise ValueError unless a key has this type and curve."""
    given = (parameters.get(_KTY), parameters.get(_CRV) if curve else None)
    if given != (kind, curve):
        raise ValueError("type or curve")


def _bytes(parameters: Parameters, name: int, size: int | None = None) -> bytes:
    found = parameters.get(name)
    if not isinstance(found, bytes) or (size is not None and len(found) != size):
        raise ValueError("parameters")
    return found
