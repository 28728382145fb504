"""The current time, read in one place so that tests can move it."""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """Return the current time in UTC, to the millisecond, which is the precision of the API and the tables."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def monotonic() -> float:
    """Return seconds that never go back, to measure the age of what this process has cached."""
    return time.monotonic()
