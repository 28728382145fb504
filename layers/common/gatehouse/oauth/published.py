"""What a provider publishes, its description and its keys: kept for an hour by each instance of a function."""

from collections.abc import Callable
from threading import Lock
from typing import Any

from gatehouse import clock
from gatehouse.errors import ProviderUnavailable
from gatehouse.oauth.fetch import fetch

_LIFETIME = 3600  # seconds
_PAUSE = 30  # seconds between two requests for a document that was not expected to change
_SECONDS = 1.5  # seconds
_OK = 200


class Published[T]:
    """A JSON document at a URL. `parse` returns what it means; it raises ProviderUnavailable for a useless one."""

    def __init__(self, url: str, parse: Callable[[dict[str, Any]], T]) -> None:
        """Nothing is fetched yet."""
        self._url, self._parse = url, parse
        self._fetched_at = float("-inf")
        self._lock = Lock()
        self._value: T

    def get(self) -> T:
        """Return the document, at most an hour old; raises ProviderUnavailable."""
        with self._lock:
            if clock.monotonic() - self._fetched_at >= _LIFETIME:
                self._fetch()
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

    def _fetch(self) -> None:
        status, document = fetch(self._url, seconds=_SECONDS)
        if status != _OK or not isinstance(document, dict):
            raise ProviderUnavailable(cause=f"{self._url}: answered with {status}")
        self._value, self._fetched_at = self._parse(document), clock.monotonic()
