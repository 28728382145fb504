"""The secret, by version, and the keys that are derived from it (HKDF, RFC 5869).

A version never changes, so it is kept for as long as the process lives; whether it is still good the keyring says.
"""

import hmac
from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config as ClientConfig

from gatehouse.config import ConfigurationError, config

_SALT = b"gatehouse"
_SHORTEST = 32


@cache
def derived_key(version: str, label: bytes) -> bytes:
    """32 bytes for one use of one version: HKDF-SHA256 with a single block of output."""
    extracted = hmac.digest(_SALT, _secret(version), "sha256")
    return hmac.digest(extracted, label + b"\x01", "sha256")


def newest_version() -> str:
    """The id of the version that Secrets Manager calls AWSCURRENT."""
    return str(client().get_secret_value(SecretId=config().secret)["VersionId"])


@cache
def named(name: str) -> str:
    """Somebody else's secret that we keep for them, such as our password at a provider."""
    return str(client().get_secret_value(SecretId=name)["SecretString"]).strip()


def forget_named() -> None:
    """Read those anew when next asked: one may have been replaced."""
    named.cache_clear()


@cache
def client() -> Any:
    """Secrets Manager."""
    return botocore.session.get_session().create_client(
        "secretsmanager",
        config=ClientConfig(connect_timeout=1, read_timeout=1.5, retries={"mode": "standard", "total_max_attempts": 3}),
    )


@cache
def _secret(version: str) -> bytes:
    text: str = client().get_secret_value(SecretId=config().secret, VersionId=version)["SecretString"]
    if len(text) < _SHORTEST:
        raise ConfigurationError(f"the secret is shorter than {_SHORTEST} characters")
    return text.encode()
