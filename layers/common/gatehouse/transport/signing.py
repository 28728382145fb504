"""Signature version 4: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html."""

import hmac
import time
from collections.abc import Mapping
from functools import lru_cache
from hashlib import sha256

from gatehouse.transport.credentials import Credentials

_ALGORITHM = "AWS4-HMAC-SHA256"


def sign_headers(
    headers: Mapping[str, str],
    body: bytes,
    *,
    host: str,
    path: str,
    region: str,
    service: str,
    credentials: Credentials,
    now: float,
) -> dict[str, str]:
    """Return the headers of a POST with its signature; `now` is in seconds since 1970.

    All of them are signed, so proxies must not change them and values must not have consecutive spaces.
    """
    timestamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
    signed = {**headers, "X-Amz-Date": timestamp}
    if credentials.token:
        signed["X-Amz-Security-Token"] = credentials.token
    canonical = dict(sorted((name.lower(), value) for name, value in (*signed.items(), ("host", host))))
    names, lines = ";".join(canonical), "".join(f"{name}:{value}\n" for name, value in canonical.items())
    request = f"POST\n{path}\n\n{lines}\n{names}\n{sha256(body).hexdigest()}"
    scope = f"{timestamp[:8]}/{region}/{service}/aws4_request"
    to_sign = f"{_ALGORITHM}\n{timestamp}\n{scope}\n{sha256(request.encode()).hexdigest()}"
    signature = hmac.digest(
        _key(credentials.secret_key, timestamp[:8], region, service), to_sign.encode(), "sha256"
    ).hex()
    signed["Authorization"] = (
        f"{_ALGORITHM} Credential={credentials.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    return signed


def clear_key_cache() -> None:
    """Clear cached signing keys: a snapshot must not contain them."""
    _key.cache_clear()


@lru_cache(maxsize=4)  # two services, each with two days around midnight
def _key(secret_key: str, day: str, region: str, service: str) -> bytes:
    key = f"AWS4{secret_key}".encode()
    for part in (day, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
