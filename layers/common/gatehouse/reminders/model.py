"""A run of reminders: all users in one time zone, once a day, not before the morning."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

_MORNING_HOUR = 7  # local time


@dataclass(frozen=True, slots=True, kw_only=True)
class ReminderRun:
    """The progress of the reminders of a `day` in a time zone: users up to the id `after` are done.

    Users in `left` failed because their rows cannot be read. Every run of the day tries them again.
    """

    zone: str
    day: str
    after: str = ""
    done: bool = False
    left: frozenset[str] = frozenset()

    @property
    def clock(self) -> ZoneInfo:
        """The time zone."""
        return ZoneInfo(self.zone)


def reminder_day(zone: str, now: datetime) -> str | None:
    """Return the current date in `zone` once it is morning there, else None."""
    local = now.astimezone(ZoneInfo(zone))
    return local.date().isoformat() if local.hour >= _MORNING_HOUR else None
