"""The versions of the secret, and the keys that are derived from them (HKDF, RFC 5869).

A version never changes, so it is cached for the life of the process; the keyring says whether it is still trusted.
"""

import hmac
from functools import cache
from typing import Any

from gatehouse.config import ConfigurationError, config
from gatehouse.transport import ATTEMPTS, CONNECT_SECONDS, READ_SECONDS

_SALT = b"gatehouse"
_SHORTEST = 32


@cache
def derived_key(version: str, label: bytes) -> bytes:
    """Return the 32-byte key for one use of one version: HKDF-SHA256 with a single block of output."""
    return hkdf(_secret_value(version), label)


def hkdf(secret: bytes, label: bytes) -> bytes:
    """Return the 32-byte key for one use of a secret."""
    extracted = hmac.digest(_SALT, secret, "sha256")
    return hmac.digest(extracted, label + b"\x01", "sha256")


def newest_version() -> str:
    """Return the id of the version that Secrets Manager calls AWSCURRENT."""
    return _get_secret_value(SecretId=config().secret)["VersionId"]


@cache
def named_secret(name: str) -> str:
    """Return another secret by its name, such as our client secret at a provider."""
    return _get_secret_value(SecretId=name)["SecretString"].strip()


def clear_named_secrets() -> None:
    """Clear the cached named secrets: one may have been replaced."""
    named_secret.cache_clear()


@cache
def client() -> Any:
    """Return botocore's client of Secrets Manager."""
    import botocore.session  # noqa: PLC0415 -- slow to import; with our own transport only rotation needs it
    from botocore.config import Config as ClientConfig  # noqa: PLC0415 -- the same

    return botocore.session.get_session().create_client(
        "secretsmanager",
        config=ClientConfig(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        ),
    )


@cache
def _secret_value(version: str) -> bytes:
    text = _get_secret_value(SecretId=config().secret, VersionId=version)["SecretString"]
    if len(text) < _SHORTEST:
        raise ConfigurationError(f"the secret is shorter than {_SHORTEST} characters")
    return text.encode()


def _get_secret_value(**which: str) -> dict[str, str]:
    reader = _own_client() or client()
    found: dict[str, str] = reader._make_api_call("GetSecretValue", which)  # noqa: SLF001 -- both clients have it
    return found


@cache
def _own_client() -> Any:
    """Return our own client where the transport is set and supports the environment, else None."""
    if config().transport != "own":
        return None
    from gatehouse.transport.client import Client  # noqa: PLC0415 -- only with this setting
    from gatehouse.transport.config import SECRETS_MANAGER, settings  # noqa: PLC0415 -- the same

    endpoint = settings(SECRETS_MANAGER)
    return Client(endpoint) if endpoint else None
