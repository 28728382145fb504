"""A round of reminders: everybody in one time zone, once a day, not before the morning."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

_MORNING = 7  # o'clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """How far the reminders of a `day` have come in a time zone: everybody up to the user id `after` had their turn.

    Those who are `left` had it, but there is something that cannot be read: every run of the day tries again.
    """

    zone: str
    day: str
    after: str = ""
    done: bool = False
    left: frozenset[str] = frozenset()

    @property
    def clock(self) -> ZoneInfo:
        """What time it is there."""
        return ZoneInfo(self.zone)


def day_to_remind_of(zone: str, now: datetime) -> str | None:
    """The day that it is in `zone`, once it is morning there."""
    local = now.astimezone(ZoneInfo(zone))
    return local.date().isoformat() if local.hour >= _MORNING else None
