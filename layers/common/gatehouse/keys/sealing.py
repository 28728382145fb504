"""Texts that nobody reads in the database: AES-256-GCM. Imported only where there are any: `cryptography` is costly."""

import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gatehouse.keys.keyring import current
from gatehouse.keys.secret import derived_key

_SEALING = b"gatehouse sealed text"
_NONCE = 12  # bytes

AESGCM(bytes(32)).encrypt(bytes(_NONCE), b"", None)  # with the first of all texts OpenSSL gets its ciphers together


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A text as it is kept, and the version of the secret that opens it."""

    version: str
    data: bytes


def seal(text: str, place: str) -> Sealed:
    """Close `text` with the newest key; it opens in the same `place` alone."""
    version, nonce = current().newest, secrets.token_bytes(_NONCE)
    return Sealed(version=version, data=nonce + _cipher(version).encrypt(nonce, text.encode(), place.encode()))


def unseal(sealed: Sealed, place: str) -> str | None:
    """The text; None when its key was given up since, or when it was not sealed in this place."""
    if sealed.version not in current().versions:
        return None
    nonce, data = sealed.data[:_NONCE], sealed.data[_NONCE:]
    try:
        return _cipher(sealed.version).decrypt(nonce, data, place.encode()).decode()
    except (InvalidTag, ValueError):
        return None


def _cipher(version: str) -> AESGCM:
    return AESGCM(derived_key(version, _SEALING))
