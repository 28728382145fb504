"""AWS credentials: from the environment, or from the endpoint that Lambda provides under SnapStart.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
"""

import json
import time
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from threading import Lock

from botocore.exceptions import BotoCoreError, CredentialRetrievalError

from gatehouse.transport.connections import ConnectionPool

_RENEW_BEFORE = 300  # seconds before the expiry
_RETRY_SECONDS = 30  # seconds until the next attempt after a failure; the old ones are used meanwhile
_TIMEOUT = 1.0  # seconds; the endpoint is on the same machine


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
    """Credentials from an endpoint on this machine, renewed before they expire; thread-safe."""

    def __init__(self, url: str, token: str) -> None:
        """`token` is sent as `Authorization`."""
        self._url, self._token = url, token
        self._lock = Lock()
        self._credentials: Credentials | None = None
        self._renew_at = 0.0  # seconds since 1970

    def current(self) -> Credentials:
        """Return the cached credentials, or new ones when it is time; raises CredentialRetrievalError."""
        with self._lock:
            if self._credentials and time.time() < self._renew_at:
                return self._credentials
            try:
                self._credentials = self._fetch()
            except (BotoCoreError, KeyError, TypeError, ValueError) as error:
                if not self._credentials:
                    reason = type(error).__name__  # the message may contain secrets
                    raise CredentialRetrievalError(provider="container", error_msg=reason) from None
                self._renew_at = time.time() + _RETRY_SECONDS  # DynamoDB decides whether they have expired
            return self._credentials

    def renew(self, refused: Credentials) -> bool:
        """Whether the endpoint has other credentials now."""
        with self._lock:
            if self._credentials == refused:
                self._credentials = None
        return self.current() != refused

    def clear(self) -> None:
        """Clear the cached credentials, which a snapshot must not contain; the next call fetches them."""
        self._credentials = None

    def _fetch(self) -> Credentials:
        with closing(ConnectionPool(self._url, connect_seconds=_TIMEOUT, read_seconds=_TIMEOUT)) as pool:
            response = pool.request("GET", {"authorization": self._token, "host": pool.host})
        if response.status != HTTPStatus.OK:
            raise ValueError("refused")
        found = json.loads(response.body)
        self._renew_at = datetime.fromisoformat(found["Expiration"]).timestamp() - _RENEW_BEFORE
        return Credentials(access_key=found["AccessKeyId"], secret_key=found["SecretAccessKey"], token=found["Token"])


type CredentialProvider = StaticCredentials | ContainerCredentials
