"""Update a profile: name, image, time zone, task reminders."""

from collections.abc import Iterator, Mapping
from typing import Any

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from gatehouse import clock
from gatehouse.accounts import pictures, reminder_rows
from gatehouse.accounts.lookup import profile_versions
from gatehouse.accounts.table import ProfileRow
from gatehouse.dynamodb import TransactItem, conditional_write, retry_if_changed, transact, update
from gatehouse.errors.accounts import NoFieldsToUpdate
from gatehouse.sessions import ClientInfo

_REMINDER_FIELDS = {"task_reminders", "time_zone"}


def update_user(profile: ProfileRow, changes: Mapping[str, Any], client: ClientInfo) -> None:
    """Update the given fields, None removes one; `client` is the address and language for reminders.

    Raises NoFieldsToUpdate, what `pictures.parse_image` raises, or SessionEnded when the user does not exist any more.
    """
    if not changes:
        raise NoFieldsToUpdate
    versions = profile_versions(profile)
    retry_if_changed(lambda: _write_changes(next(versions), changes, client))


def _write_changes(profile: ProfileRow, changes: Mapping[str, Any], client: ClientInfo) -> None:
    changes, picture_writes = _with_image(profile, changes, client)
    zone = reminder_rows.reminder_zone_after(profile, changes)
    reminder_writes = reminder_rows.change_zone(profile, zone, client)
    row, actions, condition = ProfileRow(profile.pk, profile.sk), list(_actions(changes)), _condition(profile, changes)
    if reminder_writes and zone:
        reminder_rows.register_zone(zone)
    if others := [*picture_writes, *reminder_writes]:
        transact(update(row, *actions, condition=condition), *others)
        return
    with conditional_write():
        row.update(actions, condition=condition)


def _with_image(
    profile: ProfileRow, changes: Mapping[str, Any], client: ClientInfo
) -> tuple[Mapping[str, Any], list[TransactItem]]:
    """Return the changes with `image` as the profile has it, and the write of the picture; without an `image` that is
    there already.
    """
    if "image" not in changes:
        return changes, []
    sent = changes["image"] or None
    others = {name: value for name, value in changes.items() if name != "image"}
    if sent == profile.image:
        return others, []
    image, picture = pictures.parse_image(sent, profile.user_id, client.base_url)
    return {**others, "image": image}, [pictures.store(profile.user_id, picture)]


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
