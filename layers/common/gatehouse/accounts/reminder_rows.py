"""Rows of the users who want task reminders, by time zone, so that the reminder run can query for them.

A row matches its profile, because both are written in one transaction.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from pynamodb.attributes import UnicodeAttribute, UnicodeSetAttribute

from gatehouse.accounts.table import ProfileRow, profile_key
from gatehouse.config import config
from gatehouse.dynamodb import SCHEMA, ConditionFailed, Key, Row, TableName, TransactItem, check, delete, put, transact
from gatehouse.languages import DEFAULT_LANGUAGE
from gatehouse.sessions import ClientInfo

_ZONES = "REMINDERS", "ZONES"


class ReminderRow(Row):
    """A user who wants reminders. `base_url` and `language` are for their mails."""

    class Meta:
        table_name = TableName(lambda: config().users_table)

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    user_id = UnicodeAttribute()
    base_url = UnicodeAttribute()
    language = UnicodeAttribute(default=DEFAULT_LANGUAGE)

    @classmethod
    def of(cls, user_id: str, zone: str, base_url: str = "", language: str = DEFAULT_LANGUAGE) -> "ReminderRow":
        """Return the row of a user."""
        return cls(partition(zone), f"USER#{user_id}", user_id=user_id, base_url=base_url, language=language)


class ZonesRow(Row):
    """Every time zone that any user ever chose for reminders."""

    class Meta:
        table_name = TableName(lambda: config().users_table)

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    zones = UnicodeSetAttribute()


def partition(zone: str) -> str:
    """Return the partition key of the users with reminders in `zone`."""
    return f"REMINDERS#{zone}"


def zones_key() -> Key:
    """Return the key of the row with all time zones."""
    return ZonesRow, *_ZONES


def register_zone(zone: str) -> None:
    """Add `zone` to the list of zones. Not part of the transaction: all users would contend for this one row."""
    ZonesRow(*_ZONES).update([ZonesRow.zones.add({zone}), ZonesRow.schema.set(SCHEMA)])


def reminder_zone(profile: ProfileRow) -> str | None:
    """Return the time zone of a user's reminders; None when they want none."""
    return profile.time_zone if profile.task_reminders else None


def reminder_zone_after(profile: ProfileRow, changes: Mapping[str, Any]) -> str | None:
    """Return that time zone after `changes` to the profile."""
    enabled = changes.get("task_reminders", profile.task_reminders)
    return changes.get("time_zone", profile.time_zone) if enabled else None


def change_zone(profile: ProfileRow, zone: str | None, client: ClientInfo) -> list[TransactItem]:
    """Return the writes that move a user's reminder row to `zone`, or delete it for None; none when nothing changes."""
    if zone == reminder_zone(profile):
        return []
    added = [put(ReminderRow.of(profile.user_id, zone, client.base_url, client.language))] if zone else []
    return removal(profile) + added


def delete_stale(row: ReminderRow, zone: str) -> None:
    """Delete the row of a user who is gone or has other settings, unless that changed meanwhile."""
    wants = ProfileRow.task_reminders == True  # noqa: E712 -- a condition of DynamoDB
    wanted = wants & (ProfileRow.time_zone == zone)
    with suppress(ConditionFailed):
        transact(check(profile_key(row.user_id), ~wanted), delete(row))


def removal(profile: ProfileRow) -> list[TransactItem]:
    """Return the writes that remove a user's reminders."""
    zone = reminder_zone(profile)
    return [delete(ReminderRow.of(profile.user_id, zone))] if zone else []
