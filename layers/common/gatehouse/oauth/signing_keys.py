"""A provider's public keys, and which of them verifies a token: OpenID Connect Core 1.0, 10.1.

A key without `alg` verifies by every algorithm of its type and curve. Symmetric keys verify nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jwt import PyJWK, PyJWTError

from gatehouse.oauth.model import SIGNING_ALGORITHMS


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """A public key; `id` is its `kid`, if it has one, and `key` of a class of `cryptography`."""

    id: str | None
    algorithms: tuple[str, ...]
    key: Any


def parse_keys(document: dict[str, Any]) -> list[SigningKey]:
    """Return the keys of a JWKS document (RFC 7517) that verify signatures; unusable ones are left out."""
    listed = document.get("keys")
    found = (_parse_key(jwk) for jwk in listed if isinstance(jwk, dict)) if isinstance(listed, list) else ()
    return [key for key in found if key]


def find_key(keys: Sequence[SigningKey], kid: object, algorithm: object) -> SigningKey | None:
    """Return the key of a token by its header. Where there is one key only, the token or the key may lack an id."""
    if len(keys) == 1 and (kid is None or keys[0].id is None):
        kid = keys[0].id
    elif kid is None:
        return None
    return next((key for key in keys if key.id == kid and algorithm in key.algorithms), None)


def _parse_key(jwk: dict[str, Any]) -> SigningKey | None:
    try:
        algorithms = SIGNING_ALGORITHMS.get((jwk.get("kty"), jwk.get("crv")), ())
        verifies = jwk.get("use", "sig") == "sig" and "verify" in jwk.get("key_ops", ("verify",))
        algorithms = tuple(name for name in algorithms if verifies and jwk.get("alg", name) == name)
        if not algorithms:
            return None
        return SigningKey(id=jwk.get("kid"), algorithms=algorithms, key=PyJWK(jwk, algorithms[0]).key)
    except (PyJWTError, ValueError, TypeError):
        return None
