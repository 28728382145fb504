"""The keys of second factors: they seal TOTP secrets and authenticate backup codes.

They have a secret of their own, which rotation leaves alone: whoever did not sign in for a year still has the factor.
That secret is a JSON object of numbered keys. The one with the highest number seals; an operator adds another by hand.
Imported only where needed, because `cryptography` is slow to import.
"""

import hmac
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gatehouse.config import ConfigurationError, config
from gatehouse.keys.secret import clear_named_secrets, hkdf, named_secret

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
    """Return the TOTP secret of a user; raises ConfigurationError when its key was removed or changed."""
    nonce, data = sealed.data[:_NONCE_SIZE], sealed.data[_NONCE_SIZE:]
    try:
        return _cipher(sealed.key).decrypt(nonce, data, user_id.encode())
    except InvalidTag:
        raise ConfigurationError(f"key {sealed.key} of second factors is not the one that sealed this one") from None


def backup_code_mac(code: str, user_id: str) -> bytes:
    """Return what is stored of a backup code: the newest key's number, a colon, and the HMAC by that key."""
    return _backup_code_mac(_newest(), code, user_id)


def find_backup_code(code: str, user_id: str, stored: Iterable[bytes]) -> bytes | None:
    """Return what is stored of a user's backup code; None for a code that is not among the `stored` ones."""
    keys = {mac.partition(b":")[0].decode() for mac in stored}
    macs = (_backup_code_mac(key, code, user_id) for key in keys)
    return next((mac for mac in macs if mac in stored), None)


def _backup_code_mac(key: str, code: str, user_id: str) -> bytes:
    message = f"{user_id}\0{code}".encode()
    return key.encode() + b":" + hmac.digest(hkdf(_key(key), _BACKUP_CODES), message, "sha256")


def _cipher(key: str) -> AESGCM:
    return AESGCM(hkdf(_key(key), _SEALING))


def _newest() -> str:
    return max(_keys(), key=int)


def _key(number: str) -> bytes:
    """Return a key. One that this process does not know was added while it ran, so the secret is read again."""
    if number not in _keys():
        clear_named_secrets()
    try:
        return _keys()[number]
    except KeyError:
        raise ConfigurationError(f"the secret of second factors has no key {number} any more") from None


def _keys() -> dict[str, bytes]:
    try:
        found = json.loads(named_secret(config().second_factor_secret))
        return {str(int(number)): secret.encode() for number, secret in found.items()}
    except (ValueError, AttributeError):
        raise ConfigurationError("the secret of second factors is not a JSON object of numbered keys") from None
