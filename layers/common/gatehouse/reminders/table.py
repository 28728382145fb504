"""The progress of the day's reminders, in the `users` table beside the users with reminders."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import batched

from pynamodb.attributes import BooleanAttribute, UnicodeAttribute, UnicodeSetAttribute

from gatehouse.accounts.reminder_rows import ReminderRow, ZonesRow, partition, zones_key
from gatehouse.config import config
from gatehouse.dynamodb import Key, Row, TableName, batch_get
from gatehouse.query import QuerySpec, query
from gatehouse.reminders.model import ReminderRun, reminder_day

_POSITION = "POSITION"
_PAGE_SIZE = 100  # rows; a BatchGetItem takes no more keys


class UnknownZones(Exception):
    """Time zones of users that the time zone database lacks."""


class PositionRow(Row):
    """The progress in one time zone."""

    class Meta:
        table_name = TableName(lambda: config().users_table)

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default=_POSITION)
    day = UnicodeAttribute()
    after = UnicodeAttribute()
    done = BooleanAttribute()
    left = UnicodeSetAttribute(null=True)


def pending_runs(now: datetime) -> Iterator[ReminderRun]:
    """Yield the runs in progress or to start today, for every zone where it is morning.

    Raises UnknownZones after the last one, so that an unknown zone does not stop the others.
    """
    unknown = []
    for zones in batched(_zones(), _PAGE_SIZE, strict=False):
        rows: list[PositionRow | None] = batch_get(*map(_position_key, zones))
        for zone, row in zip(zones, rows, strict=True):
            try:
                day = reminder_day(zone, now)
            except (LookupError, ValueError):
                unknown.append(zone)
                continue
            if row and row.day == day:
                yield ReminderRun(zone=zone, day=day, after=row.after, done=row.done, left=frozenset(row.left or ()))
            elif day:
                yield ReminderRun(zone=zone, day=day)
    if unknown:
        raise UnknownZones(unknown)


def next_subscribers(run: ReminderRun) -> tuple[list[ReminderRow], bool]:
    """Return the next page of users, and whether there may be more."""
    within = ReminderRow.sk > ReminderRow.of(run.after, run.zone).sk
    answer = query(
        QuerySpec(row=ReminderRow, partition_key=partition(run.zone), key_condition=within, limit=_PAGE_SIZE)
    )
    return [ReminderRow.from_raw_data(item) for item in answer["Items"]], "LastEvaluatedKey" in answer


def failed_subscribers(run: ReminderRun) -> list[ReminderRow]:
    """Return the users that failed before, if they still want reminders in this zone."""
    rows = [ReminderRow.of(user_id, run.zone) for user_id in sorted(run.left)]
    return [row for row in batch_get(*((ReminderRow, row.pk, row.sk) for row in rows)) if row]


def save_progress(run: ReminderRun) -> None:
    """Save the progress of a run. If two runs overlap, the slower one may set it back: users are then read again, but
    not mailed again.
    """
    PositionRow(partition(run.zone), day=run.day, after=run.after, done=run.done, left=set(run.left) or None).save()


def _zones() -> Iterable[str]:
    row: ZonesRow | None
    (row,) = batch_get(zones_key())
    return sorted(row.zones) if row else []


def _position_key(zone: str) -> Key:
    return PositionRow, partition(zone), _POSITION
