"""A run of reminders: all users in one time zone, once a day, not before the morning."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_MORNING = time(7)  # local time
_NOON = time(12)
_DAY = timedelta(days=1)
_MAX_DELAY = timedelta(minutes=30)  # of the next mail: runs begin every 15 minutes, and take up to ten


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What a mail covers: moments from `start` to `end`, and days from the first to before the second of `days`."""

    start: datetime
    end: datetime
    days: tuple[str, str]


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

    def window(self, now: datetime) -> Window:
        """Return what a mail sent now covers: all from seven on this day, however late it is, until the next mail.

        That comes at about this local time tomorrow: in 23 to 25 hours, or later where a day is skipped or repeated.
        """
        today, local = date.fromisoformat(self.day), now.astimezone(self.clock).time()
        tomorrow = today + _DAY
        return Window(
            start=min(now, self._moment(today, _MORNING)),
            end=max(now + _DAY, self._moment(tomorrow, max(local, _MORNING))) + _MAX_DELAY,
            days=(self.day, self._moment(tomorrow, _NOON).astimezone(self.clock).date().isoformat()),
        )

    def _moment(self, day: date, local: time) -> datetime:
        return datetime.combine(day, local, self.clock).astimezone(UTC)


def reminder_day(zone: str, now: datetime) -> str | None:
    """Return the current date in `zone` once it is morning there, else None."""
    local = now.astimezone(ZoneInfo(zone))
    return local.date().isoformat() if local.time() >= _MORNING else None
