"""When a task is due: a day, which ends where its owner is, or a moment. Both are text, in one order.

A day is `2026-11-21`, a moment `2026-11-21T14:30:00.000Z`: a day comes before the moments that it has in UTC.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field

from gatehouse.wire import timestamp

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)
_EXAMPLE = "2026-11-21T14:30:00+01:00"


def canonical(value: object) -> str:
    """The one spelling of a day or a moment; raises ValueError for anything else."""
    try:
        if isinstance(value, str) and _DAY.fullmatch(value):
            return date.fromisoformat(value).isoformat()
        if isinstance(value, str) and _MOMENT.fullmatch(value):
            return timestamp(datetime.fromisoformat(value.upper()))
    except (ValueError, OverflowError):
        pass
    raise ValueError(f"Write the date as 2026-11-21, or with a time and its zone, as {_EXAMPLE}")


def _moment(value: object) -> datetime:
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return datetime.fromisoformat(canonical(value))
    raise ValueError(f"Write the moment with its zone, as {_EXAMPLE}")


Due = Annotated[str, BeforeValidator(canonical), Field(examples=["2026-11-21", "2026-11-21T14:30:00.000Z"])]
Moment = Annotated[datetime, BeforeValidator(_moment)]  # to the millisecond, as all that are told


def today(now: datetime, zone: ZoneInfo) -> str:
    """The day that it is in `zone`."""
    return now.astimezone(zone).date().isoformat()


def end_of_today(now: datetime, zone: ZoneInfo) -> str:
    """The moment at which that day ends."""
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return timestamp(datetime.combine(tomorrow, time(), zone).astimezone(UTC))


def in_zone(due: str, zone: ZoneInfo) -> str:
    """A due date as its owner would write it: `2026-11-21`, or `2026-11-21 15:30`."""
    if _DAY.fullmatch(due):
        return due
    return datetime.fromisoformat(due).astimezone(zone).strftime("%Y-%m-%d %H:%M")
