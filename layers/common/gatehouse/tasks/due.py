"""Due dates: a day, which ends in the owner's time zone, or a moment. Both are text, and sort together.

A day is `2026-11-21`, a moment `2026-11-21T14:30:00.000Z`. A day sorts before its moments in UTC.
"""

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field

from gatehouse.api_model import format_timestamp

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)
_EXAMPLE = "2026-11-21T14:30:00+01:00"


def normalize_due(value: object) -> str:
    """Return the canonical text of a day or a moment; raises ValueError for anything else."""
    try:
        if isinstance(value, str) and _DAY.fullmatch(value):
            return date.fromisoformat(value).isoformat()
        if isinstance(value, str) and _MOMENT.fullmatch(value):
            return format_timestamp(datetime.fromisoformat(value.upper()))
    except (ValueError, OverflowError):
        pass
    raise ValueError(f"Use a date such as 2026-11-21, or a time with its zone, such as {_EXAMPLE}")


def _parse_moment(value: object) -> datetime:
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return datetime.fromisoformat(normalize_due(value))
    raise ValueError(f"Use a time with its zone, such as {_EXAMPLE}")


Due = Annotated[str, BeforeValidator(normalize_due), Field(examples=["2026-11-21", "2026-11-21T14:30:00.000Z"])]
DueMoment = Annotated[datetime, BeforeValidator(_parse_moment)]  # to the millisecond, as all times of the API


def today(now: datetime, zone: ZoneInfo) -> str:
    """Return the current date in `zone`."""
    return now.astimezone(zone).date().isoformat()


def end_of_today(now: datetime, zone: ZoneInfo) -> str:
    """Return the moment at which that day ends."""
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return format_timestamp(datetime.combine(tomorrow, time(), zone).astimezone(UTC))


def format_in_zone(due: str, zone: ZoneInfo) -> str:
    """Format a due date for its owner: `2026-11-21`, or `2026-11-21 15:30`."""
    if _DAY.fullmatch(due):
        return due
    return datetime.fromisoformat(due).astimezone(zone).strftime("%Y-%m-%d %H:%M")
