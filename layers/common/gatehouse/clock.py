"""The time, from one place, so that tests can move it."""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """The current time in UTC, to the millisecond: what the wire and the tables can carry."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def monotonic() -> float:
    """Seconds that never go back: for how long this process has known something."""
    return time.monotonic()
