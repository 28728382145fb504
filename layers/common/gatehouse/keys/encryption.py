"""Encryption of stored texts with AES-256-GCM. Imported only where needed, because `cryptography` is slow to import."""

import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gatehouse.keys.keyring import current_keyring
from gatehouse.keys.secret import derived_key

_LABEL = b"gatehouse sealed text"
_NONCE_SIZE = 12  # bytes

# The first encryption is slow, because OpenSSL loads its ciphers.
AESGCM(bytes(32)).encrypt(bytes(_NONCE_SIZE), b"", None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ciphertext:
    """An encrypted text, and the version of the secret that decrypts it."""

    version: str
    data: bytes


def encrypt(text: str, associated_data: str) -> Ciphertext:
    """Encrypt `text` with the newest key, bound to `associated_data`."""
    version, nonce = current_keyring().newest, secrets.token_bytes(_NONCE_SIZE)
    return Ciphertext(
        version=version, data=nonce + _cipher(version).encrypt(nonce, text.encode(), associated_data.encode())
    )


def decrypt(ciphertext: Ciphertext, associated_data: str) -> str | None:
    """Return the text; None when its key is no longer trusted, or the associated data differ."""
    if ciphertext.version not in current_keyring().versions:
        return None
    nonce, data = ciphertext.data[:_NONCE_SIZE], ciphertext.data[_NONCE_SIZE:]
    try:
        return _cipher(ciphertext.version).decrypt(nonce, data, associated_data.encode()).decode()
    except (InvalidTag, ValueError):
        return None


def _cipher(version: str) -> AESGCM:
    return AESGCM(derived_key(version, _LABEL))
