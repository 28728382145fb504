"""What a provider publishes, its description and its keys.

Each instance of a function keeps it for an hour, and for another one while there is nothing newer: a provider that is
down for a moment, or publishes rubbish, does not keep people from signing in.
"""

from collections.abc import Callable
from threading import Lock
from typing import Any

from gatehouse import clock
from gatehouse.errors.providers import ProviderUnavailable
from gatehouse.oauth.fetch import fetch
from gatehouse.telemetry import logger

_LIFETIME, _EXTENSION = 3600, 3600  # seconds
_PAUSE = 30  # seconds between two requests for what was not expected to change, or failed
_OK = 200


class Published[T]:
    """A JSON document at a URL. `parse` returns what it means; it raises ProviderUnavailable for a useless one."""

    def __init__(self, url: str, parse: Callable[[dict[str, Any]], T]) -> None:
        """Nothing is fetched yet."""
        self._url, self._parse = url, parse
        self._fetched_at = self._tried_at = float("-inf")
        self._lock = Lock()
        self._value: T

    def get(self) -> T:
        """Return the document as it was at most an hour ago, or two; raises ProviderUnavailable."""
        with self._lock:
            age = clock.monotonic() - self._fetched_at
            if age >= _LIFETIME + _EXTENSION:
                self._fetch()
            elif age >= _LIFETIME and clock.monotonic() - self._tried_at >= _PAUSE:
                self._try_to_fetch()
            return self._value

    def renewed(self, known: T) -> T | None:
        """Return the document if it was fetched after `known`, or can be now; None where that was just done.

        Raises ProviderUnavailable.
        """
        with self._lock:
            if self._value is known and clock.monotonic() - self._fetched_at < _PAUSE:
                return None
            if self._value is known:
                self._fetch()
            return self._value

    def _try_to_fetch(self) -> None:
        try:
            self._fetch()
        except ProviderUnavailable as failure:
            logger.warning("provider's document not renewed", url=self._url, cause=failure.cause)

    def _fetch(self) -> None:
        self._tried_at = clock.monotonic()
        status, document = fetch(self._url)
        if status != _OK or not isinstance(document, dict):
            raise ProviderUnavailable(cause=f"{self._url}: answered with {status}")
        self._value, self._fetched_at = self._parse(document), clock.monotonic()
