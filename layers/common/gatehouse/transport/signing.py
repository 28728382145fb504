"""Signature version 4: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html."""

import hmac
import time
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from gatehouse.transport.config import Service
from gatehouse.transport.credentials import Credentials

_ALGORITHM = "AWS4-HMAC-SHA256"


class Signer(NamedTuple):
    """Signs requests to one URL of a service."""

    host: str
    path: str
    region: str
    service: Service

    def sign(self, operation: str, body: bytes, credentials: Credentials, now: float) -> dict[str, str]:
        """Return the headers of a request; `now` is in seconds since 1970.

        All of them are signed, so proxies must not change them and values must not have consecutive spaces.
        """
        timestamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(now))
        headers = {  # sorted
            "content-type": self.service.content_type,
            "host": self.host,
            "x-amz-date": timestamp,
            "x-amz-security-token": credentials.token,
            "x-amz-target": f"{self.service.target}.{operation}",
        }
        if not credentials.token:
            del headers["x-amz-security-token"]
        names, lines = ";".join(headers), "".join(f"{name}:{value}\n" for name, value in headers.items())
        request = f"POST\n{self.path}\n\n{lines}\n{names}\n{sha256(body).hexdigest()}"
        scope = f"{timestamp[:8]}/{self.region}/{self.service.name}/aws4_request"
        to_sign = f"{_ALGORITHM}\n{timestamp}\n{scope}\n{sha256(request.encode()).hexdigest()}"
        signature = hmac.digest(_key(credentials.secret_key, scope), to_sign.encode(), "sha256").hex()
        credential = f"{_ALGORITHM} Credential={credentials.access_key}/{scope}"
        return headers | {"authorization": f"{credential}, SignedHeaders={names}, Signature={signature}"}


def clear_key_cache() -> None:
    """Clear cached signing keys: a snapshot must not contain them."""
    _key.cache_clear()


@lru_cache(maxsize=4)  # two services, each with two days around midnight
def _key(secret_key: str, scope: str) -> bytes:
    key = f"AWS4{secret_key}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key
