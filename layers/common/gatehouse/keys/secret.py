"""The secret, by version, and the keys that are derived from it (HKDF, RFC 5869).

A version never changes, so it is kept for as long as the process lives; whether it is still good the keyring says.
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
    """32 bytes for one use of one version: HKDF-SHA256 with a single block of output."""
    extracted = hmac.digest(_SALT, _secret(version), "sha256")
    return hmac.digest(extracted, label + b"\x01", "sha256")


def newest_version() -> str:
    """The id of the version that Secrets Manager calls AWSCURRENT."""
    return _read(SecretId=config().secret)["VersionId"]


@cache
def named(name: str) -> str:
    """Somebody else's secret that we keep for them, such as our password at a provider."""
    return _read(SecretId=name)["SecretString"].strip()


def forget_named() -> None:
    """Read those anew when next asked: one may have been replaced."""
    named.cache_clear()


@cache
def client() -> Any:
    """Secrets Manager, by botocore."""
    import botocore.session  # noqa: PLC0415 -- a tenth of a start, and for rotation alone where there is another way
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
def _secret(version: str) -> bytes:
    text = _read(SecretId=config().secret, VersionId=version)["SecretString"]
    if len(text) < _SHORTEST:
        raise ConfigurationError(f"the secret is shorter than {_SHORTEST} characters")
    return text.encode()


def _read(**which: str) -> dict[str, str]:
    reader = _own() or client()
    found: dict[str, str] = reader._make_api_call("GetSecretValue", which)  # noqa: SLF001 -- what both have
    return found


@cache
def _own() -> Any:
    """Ours, where it is set and will do."""
    if config().transport != "own":
        return None
    from gatehouse.transport.client import Client  # noqa: PLC0415 -- not for those who do without
    from gatehouse.transport.config import SECRETS, settings  # noqa: PLC0415 -- the same

    place = settings(SECRETS)
    if place is None:
        return None
    return Client(place, connect_seconds=CONNECT_SECONDS, read_seconds=READ_SECONDS, attempts=ATTEMPTS)
