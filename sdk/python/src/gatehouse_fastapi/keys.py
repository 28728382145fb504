"""The public keys of a deployment: read on demand, once for all callers, at a limited rate."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from math import inf
from threading import Lock, Thread
from time import monotonic
from typing import Any

from jwt import PyJWK
from jwt.exceptions import PyJWTError

from gatehouse_fastapi.refusals import AuthUnavailable

ALGORITHM = "EdDSA"
FRESH_SECONDS = 300  # seconds after which the keys are read again; a removed key is accepted for as long
USABLE_SECONDS = 3600  # seconds for which the keys are used while Gatehouse is unavailable
RETRY_SECONDS = 30  # seconds between two reads, whatever tokens are sent
FIRST_RETRY_SECONDS = 2  # seconds between two reads while there are no keys

logger = logging.getLogger("gatehouse_fastapi")


class Keys:
    """The keys by their ids. Of concurrent callers, in any thread, one reads and the others wait."""

    def __init__(self, read: Callable[[], Awaitable[bytes]]) -> None:
        """`read` returns a JWKS document, or raises AuthUnavailable."""
        self._read = read
        self._lock = Lock()
        self._keys: dict[str, PyJWK] = {}
        self._read_at = self._tried_at = -inf
        self._failure: str | None = None
        self._reading: Future[None] | None = None

    async def find(self, kid: str) -> PyJWK | None:
        """Return the key with this id, None when there is none; raises AuthUnavailable when the keys cannot be read.

        When the last read failed, keys that are still usable are used while the next read is in progress.
        """
        if kid not in self._keys or self._age() >= FRESH_SECONDS:
            reading = self._current_read()
            if reading and not (self._failure and kid in self._keys and self._age() < USABLE_SECONDS):
                await asyncio.wrap_future(reading)
        if self._age() >= USABLE_SECONDS or (kid not in self._keys and self._failure):
            raise AuthUnavailable(self._failure or "the keys are too old")
        return self._keys.get(kid)

    def _age(self) -> float:
        return monotonic() - self._read_at

    def _current_read(self) -> Future[None] | None:
        """Return the read in progress; one is started if the last was long enough ago."""
        with self._lock:
            pause = RETRY_SECONDS if self._keys else FIRST_RETRY_SECONDS
            if self._reading is None and monotonic() - self._tried_at >= pause:
                self._reading = self._start_read()
            return self._reading

    def _start_read(self) -> Future[None]:
        """Start a read in a thread and event loop of its own: it outlives a cancelled request, and
        serves all callers.
        """
        self._tried_at = monotonic()
        reading: Future[None] = Future()
        reading.set_running_or_notify_cancel()  # a waiting request cannot cancel it for the others
        thread = Thread(target=lambda: asyncio.run(self._store(reading)), name="gatehouse-keys", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:
            raise AuthUnavailable(str(error)) from None
        return reading

    async def _store(self, reading: Future[None]) -> None:
        keys, failure, begun_at = self._keys, "the keys could not be read", self._tried_at
        try:
            keys, failure = parse_jwks(await self._read()), ""
        except AuthUnavailable as outage:
            failure = outage.cause
            logger.warning("gatehouse keys not read", extra={"cause": failure})
        finally:
            with self._lock:
                self._keys, self._failure, self._reading = keys, failure or None, None
                self._read_at = self._read_at if failure else begun_at
            reading.set_result(None)


def parse_jwks(body: bytes) -> dict[str, PyJWK]:
    """Return the Ed25519 keys of a JWKS document by their ids; others are left out. AuthUnavailable where there is
    none.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        document = None
    entries = document.get("keys") if isinstance(document, dict) else None
    found = dict(filter(None, map(_key, entries if isinstance(entries, list) else [])))
    if not found:
        raise AuthUnavailable("the response has no usable keys")
    return found


def _key(entry: Any) -> tuple[str, PyJWK] | None:
    kind = {"kty": "OKP", "crv": "Ed25519"}
    if not isinstance(entry, dict) or not kind.items() <= entry.items() or not isinstance(entry.get("kid"), str):
        return None
    try:
        return entry["kid"], PyJWK(kind | {"x": entry.get("x")}, algorithm=ALGORITHM)
    except (PyJWTError, ValueError, TypeError):
        return None
