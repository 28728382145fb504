"""AWS credentials: from the environment, or from the endpoint that Lambda provides under SnapStart.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
"""

import json
import time
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from ipaddress import ip_address
from pathlib import Path
from threading import Lock
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, CredentialRetrievalError

from gatehouse.transport.connections import ConnectionPool

_RENEW_BEFORE = 300  # seconds before the expiry
_RETRY_SECONDS = 30  # seconds until the next attempt after a failure, while the old ones are valid
_TIMEOUT = 1.0  # seconds; the endpoint is on the same machine
_TRUSTED_IN_CLEAR = {"localhost", "169.254.170.2", "169.254.170.23", "fd00:ec2::23"}  # Lambda, ECS and EKS


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """An access key, with a session token if it is temporary."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str = field(default="", repr=False)


class StaticCredentials:
    """Credentials of the environment, valid for the life of the process."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def current(self) -> Credentials:
        """Return the credentials to sign with now."""
        return self._credentials

    def renew(self, refused: Credentials) -> bool:
        """Whether there are other credentials now than those that DynamoDB refused: these never change."""
        return refused != self._credentials

    def clear(self) -> None:
        """Do nothing: the environment has them as well."""


class ContainerCredentials:
    """Credentials from an endpoint, renewed before they expire; thread-safe."""

    def __init__(self, url: str, *, token: str = "", token_file: str = "") -> None:
        """`token`, or the current content of `token_file`, is sent as `Authorization`."""
        self._url, self._token, self._token_file = url, token, token_file
        self._lock = Lock()
        self._credentials: Credentials | None = None
        self._expire = self._renew_at = 0.0  # seconds since 1970

    def current(self) -> Credentials:
        """Return the cached credentials while they are valid; raises CredentialRetrievalError."""
        cached = self._credentials
        if cached and time.time() < self._renew_at:
            return cached
        with self._lock:
            if self._credentials and time.time() < self._renew_at:
                return self._credentials  # another thread was first
            return self._renew()

    def renew(self, refused: Credentials) -> bool:
        """Whether the endpoint has other credentials now."""
        with self._lock:
            if self._credentials == refused:
                self._credentials = None
        return self.current() != refused

    def clear(self) -> None:
        """Clear the cached credentials, which a snapshot must not contain; the next call fetches them."""
        self._credentials = None

    def _renew(self) -> Credentials:
        cached = self._credentials
        try:
            fetched = self._fetch()
            self._expire = datetime.fromisoformat(fetched["Expiration"]).timestamp()
            self._renew_at = self._expire - _RENEW_BEFORE
            self._credentials = cached = Credentials(
                access_key=fetched["AccessKeyId"], secret_key=fetched["SecretAccessKey"], token=fetched["Token"]
            )
        except (BotoCoreError, KeyError, OSError, TypeError, ValueError) as error:
            if not cached or time.time() >= self._expire:
                reason = type(error).__name__  # the message may contain secrets
                raise CredentialRetrievalError(provider="container", error_msg=reason) from None
            self._renew_at = time.time() + _RETRY_SECONDS
        return cached

    def _fetch(self) -> dict[str, str]:
        token = Path(self._token_file).read_text(encoding="ascii") if self._token_file else self._token
        if {"\r", "\n"} & set(token):
            raise ValueError("no legal header")
        headers = {"Accept": "application/json"} | ({"Authorization": token} if token else {})
        pool = ConnectionPool(_check_trusted(self._url), connect_seconds=_TIMEOUT, read_seconds=_TIMEOUT)
        try:
            answer = pool.request("GET", headers)
        finally:
            pool.close()
        if answer.status != HTTPStatus.OK:
            raise ValueError("refused")
        fetched: dict[str, str] = json.loads(answer.body)
        return fetched


type CredentialProvider = StaticCredentials | ContainerCredentials


def _check_trusted(url: str) -> str:
    """Return the URL; raises ValueError for plain HTTP from another machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "https" and host not in _TRUSTED_IN_CLEAR and not ip_address(host).is_loopback:
        raise ValueError("host is not trusted")
    return url
