"""Keys, each derived from the one secret for one use (HKDF, RFC 5869).

Only functions that mint tokens or cookies may read the secret; the others never call this module.
"""

import hmac
from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config as ClientConfig

from gatehouse.config import ConfigurationError, config

MAIL, COOKIE = b"gatehouse mailed token", b"gatehouse cookie"
_SALT = b"gatehouse"
_SHORTEST = 32


def mac(label: bytes, message: bytes) -> bytes:
    """HMAC-SHA256 of `message`, 32 bytes, with the key for `label`."""
    return hmac.digest(_key(label), message, "sha256")


def matches(label: bytes, message: bytes, given: bytes) -> bool:
    """Whether `given` is the mac of `message`; takes as long for any answer."""
    return hmac.compare_digest(mac(label, message), given)


def derive(secret: bytes, label: bytes) -> bytes:
    """HKDF-SHA256 with one block of output, 32 bytes."""
    extracted = hmac.digest(_SALT, secret, "sha256")
    return hmac.digest(extracted, label + b"\x01", "sha256")


@cache
def _key(label: bytes) -> bytes:
    return derive(_secret(), label)


@cache
def _secret() -> bytes:
    client: Any = botocore.session.get_session().create_client(
        "secretsmanager", config=ClientConfig(connect_timeout=1, read_timeout=3, retries={"mode": "standard"})
    )
    text: str = client.get_secret_value(SecretId=config().secret)["SecretString"]
    if len(text) < _SHORTEST:
        raise ConfigurationError(f"the secret is shorter than {_SHORTEST} characters")
    return text.encode()


def forget() -> None:
    """Read the secret again before its next use."""
    _key.cache_clear()
    _secret.cache_clear()
