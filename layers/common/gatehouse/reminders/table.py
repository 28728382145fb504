"""Beside those who want to be reminded, in the `users` table: how far the reminders of the day have come."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import batched

from pynamodb.attributes import BooleanAttribute, UnicodeAttribute, UnicodeSetAttribute

from gatehouse.accounts.reminders import ReminderRow, ZonesRow, partition, zones_key
from gatehouse.config import config
from gatehouse.dynamodb import Key, Row, TableName, get_together
from gatehouse.partitions import Ask, query
from gatehouse.reminders.model import Round, day_to_remind_of

_POSITION = "POSITION"
_PAGE = 100  # rows; a BatchGetItem takes no more keys


class UnknownZones(Exception):
    """No clock is known of zones that people want to be reminded in."""


class PositionRow(Row):
    """The round of a time zone."""

    class Meta:
        table_name = TableName(lambda: config().users_table)

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default=_POSITION)
    day = UnicodeAttribute()
    after = UnicodeAttribute()
    done = BooleanAttribute()
    left = UnicodeSetAttribute(null=True)


def rounds(now: datetime) -> Iterator[Round]:
    """What is left to do today, in every zone where it is morning; read as it is come to.

    Raises UnknownZones after the last, for others need not wait for a zone that no clock is known of.
    """
    unknown = []
    for zones in batched(_zones(), _PAGE, strict=False):
        rows: list[PositionRow | None] = get_together(*map(_position_key, zones))
        for zone, row in zip(zones, rows, strict=True):
            try:
                day = day_to_remind_of(zone, now)
            except (LookupError, ValueError):
                unknown.append(zone)
                continue
            if row and row.day == day:
                yield Round(zone=zone, day=day, after=row.after, done=row.done, left=frozenset(row.left or ()))
            elif day:
                yield Round(zone=zone, day=day)
    if unknown:
        raise UnknownZones(unknown)


def next_members(at: Round) -> tuple[list[ReminderRow], bool]:
    """Those whose turn it is, and whether there may be more of them."""
    within = ReminderRow.sk > ReminderRow.of(at.after, at.zone).sk
    answer = query(Ask(row=ReminderRow, partition=partition(at.zone), within=within, limit=_PAGE))
    return [ReminderRow.from_raw_data(item) for item in answer["Items"]], "LastEvaluatedKey" in answer


def members_left(at: Round) -> list[ReminderRow]:
    """Those who were left before, if they still want to be reminded here."""
    rows = [ReminderRow.of(user_id, at.zone) for user_id in sorted(at.left)]
    return [row for row in get_together(*((ReminderRow, row.pk, row.sk) for row in rows)) if row]


def keep(at: Round) -> None:
    """Note how far a round has come. Of two at once the slower may set it back: that is read, not mailed, again."""
    PositionRow(partition(at.zone), day=at.day, after=at.after, done=at.done, left=set(at.left) or None).save()


def _zones() -> Iterable[str]:
    row: ZonesRow | None
    (row,) = get_together(zones_key())
    return sorted(row.zones) if row else []


def _position_key(zone: str) -> Key:
    return PositionRow, partition(zone), _POSITION
