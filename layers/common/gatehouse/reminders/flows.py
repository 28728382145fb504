"""Reminding: every person in turn, zone by zone. Wherever it is cut off, the next run goes on and repeats no mail."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from gatehouse import clock
from gatehouse.accounts import ProfileRow, profile_key, reminders
from gatehouse.accounts.reminders import ReminderRow
from gatehouse.dynamodb import ConditionFailed, conditionally, get_together
from gatehouse.reminders.model import Round
from gatehouse.reminders.outbox import MOST_COUNTED, digest
from gatehouse.reminders.table import keep, members_left, next_members, rounds
from gatehouse.tasks.summary import due_within
from gatehouse.telemetry import logger
from gatehouse.tokens import TokenRow

_RESERVE = 20_000  # milliseconds: several times what a page takes
_MOST_LEFT = 100  # people; of more it is not their rows that are wrong
_UNREADABLE = (AttributeError, LookupError, TypeError, ValueError)  # never what AWS refuses: that fails the whole run


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How many mails were ordered, for how many people it failed, and whether that was all for now."""

    mailed: int
    failed: int
    finished: bool


class TooManyFailed(Exception):
    """Nobody's own rows can be the reason any more, so nobody else is passed over."""


def remind(milliseconds_left: Callable[[], int]) -> Report:
    """Order the mails of the day for everybody in whose zone it is morning, while there is time.

    Whose rows cannot be read is passed over, and tried again in every run of the day. Raises UnknownZones once all
    others were served, TooManyFailed, and what DynamoDB raises.
    """
    mailed = failed = 0
    for at in rounds(clock.now()):
        if at.left and milliseconds_left() >= _RESERVE:
            at, count = _once_more(at)  # noqa: PLW2901 -- the same round, a page further
            mailed += count
        while not at.done:
            if milliseconds_left() < _RESERVE:
                return Report(mailed=mailed, failed=failed + len(at.left), finished=False)
            at, count = _next_page(at)  # noqa: PLW2901 -- the same
            mailed += count
        failed += len(at.left)
    return Report(mailed=mailed, failed=failed, finished=True)


def _next_page(at: Round) -> tuple[Round, int]:
    members, more = next_members(at)
    count, failed = _serve(at, members)
    if len(at.left | failed) > _MOST_LEFT:
        raise TooManyFailed
    at = replace(at, after=members[-1].user_id if members else at.after, done=not more, left=at.left | failed)
    keep(at)
    return at, count


def _once_more(at: Round) -> tuple[Round, int]:
    count, failed = _serve(at, members_left(at))
    if failed != at.left:
        at = replace(at, left=failed)
        keep(at)
    return at, count


def _serve(at: Round, members: Sequence[ReminderRow]) -> tuple[int, frozenset[str]]:
    """How many were mailed, and for whom it failed."""
    profiles = _profiles(members)
    mailed, failed = 0, set()
    for member in members:
        try:
            mailed += _remind(at, member, profiles[member.user_id])
        except _UNREADABLE:
            logger.exception("not reminded", user_id=member.user_id)
            failed.add(member.user_id)
    return mailed, frozenset(failed)


def _profiles(members: Sequence[ReminderRow]) -> dict[str, ProfileRow | None]:
    """Everybody's profile, but for those that cannot be read: they are found by halves."""
    ids = [member.user_id for member in members]
    try:
        return dict(zip(ids, get_together(*map(profile_key, ids)) if ids else [], strict=True))
    except _UNREADABLE:
        half = len(members) // 2
        return _profiles(members[:half]) | _profiles(members[half:]) if half else {}


def _remind(at: Round, member: ReminderRow, profile: ProfileRow | None) -> bool:
    """Order somebody's mail if there is anything to say, and they were not told today."""
    if profile is None or reminders.zone_of(profile) != at.zone:
        reminders.forget(member, at.zone)
        return False
    if profile.disabled or not profile.email_verified:
        return False
    tasks = due_within(profile.user_id, now=clock.now(), zone=at.clock, limit=MOST_COUNTED)
    return bool(tasks) and _order(digest(profile, at.day, tasks, member))


def _order(row: TokenRow) -> bool:
    try:
        with conditionally():
            row.save(condition=TokenRow.subject.does_not_exist() | (TokenRow.day != row.day))
    except ConditionFailed:
        return False
    return True
