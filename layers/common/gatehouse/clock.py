"""The time, from one place, so that tests can move it."""

from datetime import UTC, datetime


def now() -> datetime:
    """The current time in UTC, to the millisecond: what the wire and the tables can carry."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
