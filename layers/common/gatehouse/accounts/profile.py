"""What people say of themselves: name, picture, time zone, and whether they want to be reminded of tasks."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from gatehouse import clock
from gatehouse.accounts import reminders
from gatehouse.accounts.table import ProfileRow, profile_key
from gatehouse.dynamodb import (
    ConditionFailed,
    Contended,
    conditionally,
    get_together,
    pause,
    transact,
    update,
)
from gatehouse.errors import InvalidToken, NoFieldsToUpdate
from gatehouse.sessions import Client

_ATTEMPTS = 8
_REMINDING = {"task_reminders", "time_zone"}


def update_user(profile: ProfileRow, given: Mapping[str, Any], client: Client) -> None:
    """Change what was given, None removes it; `client` says how reminders reach them, and in which language.

    Raises NoFieldsToUpdate, or InvalidToken as 401 when there is no such user any more.
    """
    if not given:
        raise NoFieldsToUpdate
    for attempt in range(_ATTEMPTS):
        try:
            _change(profile, given, client)
        except ConditionFailed:
            pause(attempt)
            profile = _again(profile)
        else:
            return
    raise Contended


def _change(profile: ProfileRow, given: Mapping[str, Any], client: Client) -> None:
    zone = reminders.zone_after(profile, given)
    moves = reminders.move(profile, zone, client)
    row, actions, condition = ProfileRow(profile.pk, profile.sk), list(_actions(given)), _condition(profile, given)
    if not moves:
        with conditionally():
            row.update(actions, condition=condition)
        return
    if zone:
        reminders.note_zone(zone)
    transact(update(row, *actions, condition=condition), *moves)


def _actions(given: Mapping[str, Any]) -> Iterator[Action]:
    for name, value in given.items():
        attribute = getattr(ProfileRow, name)
        yield attribute.remove() if value is None else attribute.set(value)
    yield ProfileRow.updated_at.set(clock.now())


def _condition(profile: ProfileRow, given: Mapping[str, Any]) -> Condition:
    """The row to be reminded by follows from what was read, so that must still hold."""
    if not given.keys() & _REMINDING:
        return ProfileRow.pk.exists()
    same: Condition = (ProfileRow.task_reminders == profile.task_reminders) & (
        ProfileRow.time_zone == profile.time_zone
    )
    return same


def _again(profile: ProfileRow) -> ProfileRow:
    row: ProfileRow | None
    (row,) = get_together(profile_key(profile.user_id))
    if row is None:
        raise InvalidToken(status=HTTPStatus.UNAUTHORIZED)
    return row
