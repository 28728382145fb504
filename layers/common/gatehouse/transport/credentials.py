"""Who asks: keys from the environment, or from the endpoint that Lambda has beside a function under SnapStart.

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
from typing import Protocol
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, CredentialRetrievalError

from gatehouse.transport.http import Lines

_SOON = 300  # seconds before they expire, new ones are asked for
_AGAIN = 30  # seconds until they are asked for again where that failed and the old ones still are good
_SECONDS = 1.0  # to wait for it; it is in the same machine
_TRUSTED_IN_CLEAR = {"localhost", "169.254.170.2", "169.254.170.23", "fd00:ec2::23"}  # Lambda, ECS and EKS


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """A pair of keys, and a token with temporary ones."""

    access_key: str
    secret_key: str = field(repr=False)
    token: str = field(default="", repr=False)


class Source(Protocol):
    """Where credentials come from."""

    def current(self) -> Credentials:
        """Those to sign with now; raises CredentialRetrievalError."""

    def renewed(self, refused: Credentials) -> bool:
        """Whether there are others now than those that DynamoDB refused."""

    def forget(self) -> None:
        """A snapshot must not hold them."""


class Given:
    """Credentials of the environment, which are good for as long as the process lives."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def current(self) -> Credentials:
        """The only ones."""
        return self._credentials

    def renewed(self, refused: Credentials) -> bool:
        """There are never others."""
        return refused != self._credentials

    def forget(self) -> None:
        """Whoever reads the process can read its environment, too."""


class Fetched:
    """Credentials from an endpoint, asked for anew before they expire; any thread may ask."""

    def __init__(self, url: str, *, token: str = "", token_file: str = "") -> None:
        """`token`, or what is in `token_file` at the time, goes along as `Authorization`."""
        self._url, self._token, self._token_file = url, token, token_file
        self._lock = Lock()
        self._credentials: Credentials | None = None
        self._expire = self._renew_at = 0.0  # seconds since 1970

    def current(self) -> Credentials:
        """Those that are kept for as long as they are good; raises CredentialRetrievalError."""
        kept = self._credentials
        if kept and time.time() < self._renew_at:
            return kept
        with self._lock:
            if self._credentials and time.time() < self._renew_at:
                return self._credentials  # another thread was first
            return self._renew()

    def renewed(self, refused: Credentials) -> bool:
        """Whether the endpoint has others by now."""
        with self._lock:
            if self._credentials == refused:
                self._credentials = None
        return self.current() != refused

    def forget(self) -> None:
        """The next call asks for them."""
        self._credentials = None

    def _renew(self) -> Credentials:
        kept = self._credentials
        try:
            told = self._told()
            self._expire = datetime.fromisoformat(told["Expiration"]).timestamp()
            self._renew_at = self._expire - _SOON
            self._credentials = kept = Credentials(
                access_key=told["AccessKeyId"], secret_key=told["SecretAccessKey"], token=told["Token"]
            )
        except (BotoCoreError, KeyError, OSError, TypeError, ValueError) as error:
            if not kept or time.time() >= self._expire:
                reason = type(error).__name__  # its message may hold what it is about
                raise CredentialRetrievalError(provider="container", error_msg=reason) from None
            self._renew_at = time.time() + _AGAIN
        return kept

    def _told(self) -> dict[str, str]:
        token = Path(self._token_file).read_text(encoding="ascii") if self._token_file else self._token
        if {"\r", "\n"} & set(token):
            raise ValueError("no legal header")
        headers = {"Accept": "application/json"} | ({"Authorization": token} if token else {})
        lines = Lines(_trusted(self._url), connect_seconds=_SECONDS, read_seconds=_SECONDS)
        try:
            answer = lines.ask("GET", headers)
        finally:
            lines.close()
        if answer.status != HTTPStatus.OK:
            raise ValueError("refused")
        told: dict[str, str] = json.loads(answer.body)
        return told


def _trusted(url: str) -> str:
    """Secrets come in clear text from this machine alone."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme != "https" and host not in _TRUSTED_IN_CLEAR and not ip_address(host).is_loopback:
        raise ValueError("no host to trust")
    return url
