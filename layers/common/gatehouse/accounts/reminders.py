"""Who wants to be reminded of tasks: a row for each of them, by time zone, so that nobody has to be searched for.

It stands where the profile says, for both are written in one transaction.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from pynamodb.attributes import UnicodeAttribute, UnicodeSetAttribute

from gatehouse.accounts.table import ProfileRow, profile_key
from gatehouse.config import config
from gatehouse.dynamodb import SCHEMA, Change, ConditionFailed, Key, Row, TableName, check, delete, put, transact
from gatehouse.languages import DEFAULT
from gatehouse.sessions import Client

_ZONES = "REMINDERS", "ZONES"


class ReminderRow(Row):
    """Somebody to be reminded. For their mails: `base_url` is where they asked for it, `language` what they read."""

    class Meta:
        table_name = TableName(lambda: config().users_table)

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    user_id = UnicodeAttribute()
    base_url = UnicodeAttribute()
    language = UnicodeAttribute(default=DEFAULT)

    @classmethod
    def of(cls, user_id: str, zone: str, base_url: str = "", language: str = DEFAULT) -> "ReminderRow":
        """The row of a person."""
        return cls(partition(zone), f"USER#{user_id}", user_id=user_id, base_url=base_url, language=language)


class ZonesRow(Row):
    """Every time zone that anybody was ever to be reminded in."""

    class Meta:
        table_name = TableName(lambda: config().users_table)

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    zones = UnicodeSetAttribute()


def partition(zone: str) -> str:
    """Where those are who are to be reminded by the clock of `zone`."""
    return f"REMINDERS#{zone}"


def zones_key() -> Key:
    """Where the names of all zones are."""
    return ZonesRow, *_ZONES


def note_zone(zone: str) -> None:
    """Make sure that `zone` is looked at. No part of the transaction: everybody would contend for this one row."""
    ZonesRow(*_ZONES).update([ZonesRow.zones.add({zone}), ZonesRow.schema.set(SCHEMA)])


def zone_of(profile: ProfileRow) -> str | None:
    """By whose clock a person is reminded; None while they do not want to be."""
    return profile.time_zone if profile.task_reminders else None


def zone_after(profile: ProfileRow, given: Mapping[str, Any]) -> str | None:
    """The same, once the profile has what was `given`."""
    wanted = given.get("task_reminders", profile.task_reminders)
    return given.get("time_zone", profile.time_zone) if wanted else None


def move(profile: ProfileRow, zone: str | None, client: Client) -> list[Change]:
    """A person's row where `zone` is from now on; none when that is None. Nothing to do when it stands there."""
    if zone == zone_of(profile):
        return []
    begun = [put(ReminderRow.of(profile.user_id, zone, client.base_url, client.language))] if zone else []
    return end(profile) + begun


def forget(row: ReminderRow, zone: str) -> None:
    """Remove the row of somebody who is gone, or not to be reminded there any more, unless that changed meanwhile."""
    wants = ProfileRow.task_reminders == True  # noqa: E712 -- a condition of DynamoDB
    wanted = wants & (ProfileRow.time_zone == zone)
    with suppress(ConditionFailed):
        transact(check(profile_key(row.user_id), ~wanted), delete(row))


def end(profile: ProfileRow) -> list[Change]:
    """A person who is not to be reminded any more."""
    zone = zone_of(profile)
    return [delete(ReminderRow.of(profile.user_id, zone))] if zone else []
