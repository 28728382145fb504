"""Update a profile: name, image, time zone, task reminders."""

from collections.abc import Iterator, Mapping
from typing import Any

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from gatehouse import clock
from gatehouse.accounts import reminder_rows
from gatehouse.accounts.table import ProfileRow, profile_key
from gatehouse.dynamodb import (
    ConditionFailed,
    TransactionConflict,
    back_off,
    batch_get,
    conditional_write,
    transact,
    update,
)
from gatehouse.errors import NoFieldsToUpdate, SessionEnded
from gatehouse.sessions import ClientInfo

_ATTEMPTS = 8
_REMINDER_FIELDS = {"task_reminders", "time_zone"}


def update_user(profile: ProfileRow, changes: Mapping[str, Any], client: ClientInfo) -> None:
    """Update the given fields, None removes one; `client` is the address and language for reminders.

    Raises NoFieldsToUpdate, or SessionEnded when the user does not exist any more.
    """
    if not changes:
        raise NoFieldsToUpdate
    for attempt in range(_ATTEMPTS):
        try:
            _write_changes(profile, changes, client)
        except ConditionFailed:
            back_off(attempt)
            profile = _reread(profile)
        else:
            return
    raise TransactionConflict


def _write_changes(profile: ProfileRow, changes: Mapping[str, Any], client: ClientInfo) -> None:
    zone = reminder_rows.reminder_zone_after(profile, changes)
    reminder_writes = reminder_rows.change_zone(profile, zone, client)
    row, actions, condition = ProfileRow(profile.pk, profile.sk), list(_actions(changes)), _condition(profile, changes)
    if not reminder_writes:
        with conditional_write():
            row.update(actions, condition=condition)
        return
    if zone:
        reminder_rows.register_zone(zone)
    transact(update(row, *actions, condition=condition), *reminder_writes)


def _actions(changes: Mapping[str, Any]) -> Iterator[Action]:
    for name, value in changes.items():
        attribute = getattr(ProfileRow, name)
        yield attribute.remove() if value is None else attribute.set(value)
    yield ProfileRow.updated_at.set(clock.now())


def _condition(profile: ProfileRow, changes: Mapping[str, Any]) -> Condition:
    """The reminder row depends on what was read, so those fields must be unchanged."""
    if not changes.keys() & _REMINDER_FIELDS:
        return ProfileRow.pk.exists()
    same: Condition = (ProfileRow.task_reminders == profile.task_reminders) & (
        ProfileRow.time_zone == profile.time_zone
    )
    return same


def _reread(profile: ProfileRow) -> ProfileRow:
    row: ProfileRow | None
    (row,) = batch_get(profile_key(profile.user_id))
    if row is None:
        raise SessionEnded
    return row
