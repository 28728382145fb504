"""The keys of second factors: they seal TOTP secrets and authenticate backup codes.

They have a secret of their own, which rotation leaves alone: whoever did not sign in for a year still has the factor.
That secret is a JSON object of numbered keys. The one with the highest number seals; an operator adds another by hand.
Imported only where needed, because `cryptography` is slow to import.
"""

import hmac
import json
import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gatehouse.config import ConfigurationError, config
from gatehouse.keys.secret import hkdf, named_secret

_SEALING, _BACKUP_CODES = b"gatehouse second factor", b"gatehouse backup code"
_NONCE_SIZE = 12  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedSecret:
    """An encrypted secret, and the number of the key that decrypts it."""

    key: str
    data: bytes


def seal(secret: bytes, user_id: str) -> SealedSecret:
    """Encrypt the TOTP secret of a user with AES-256-GCM and the newest key."""
    key, nonce = _newest(), secrets.token_bytes(_NONCE_SIZE)
    return SealedSecret(key=key, data=nonce + _cipher(key).encrypt(nonce, secret, user_id.encode()))


def unseal(sealed: SealedSecret, user_id: str) -> bytes:
    """Return the TOTP secret of a user; raises ConfigurationError when its key was removed, or it is another user's."""
    nonce, data = sealed.data[:_NONCE_SIZE], sealed.data[_NONCE_SIZE:]
    try:
        return _cipher(sealed.key).decrypt(nonce, data, user_id.encode())
    except (InvalidTag, KeyError):
        raise ConfigurationError("the key of a second factor is missing") from None


def backup_code_macs(code: str, user_id: str) -> list[bytes]:
    """Return the HMACs of a user's backup code by each key, the newest first: 32 bytes each."""
    message = f"{user_id}\0{code}".encode()
    keys = _keys()
    return [_mac(keys[number], message) for number in sorted(keys, key=int, reverse=True)]


def _mac(secret: bytes, message: bytes) -> bytes:
    return hmac.digest(hkdf(secret, _BACKUP_CODES), message, "sha256")


def _cipher(key: str) -> AESGCM:
    return AESGCM(hkdf(_keys()[key], _SEALING))


def _newest() -> str:
    return max(_keys(), key=int)


def _keys() -> dict[str, bytes]:
    try:
        found = json.loads(named_secret(config().second_factor_secret))
        return {str(int(number)): secret.encode() for number, secret in found.items()}
    except (ValueError, AttributeError):
        raise ConfigurationError("the secret of second factors is not a JSON object of numbered keys") from None
