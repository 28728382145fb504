"""Reminding: every person in turn, zone by zone. Wherever it is cut off, the next run goes on and repeats no mail."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from gatehouse import clock
from gatehouse.accounts import ProfileRow, profile_key, reminders
from gatehouse.accounts.reminders import ReminderRow
from gatehouse.dynamodb import ConditionFailed, conditionally, get_together
from gatehouse.reminders.model import Round
from gatehouse.reminders.outbox import MOST_COUNTED, digest
from gatehouse.reminders.table import keep, next_members, rounds
from gatehouse.tasks.summary import due_within
from gatehouse.tokens import TokenRow

_RESERVE = 20_000  # milliseconds: several times what a page takes


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How many mails were ordered, and whether that was all for now."""

    mailed: int
    finished: bool


def remind(milliseconds_left: Callable[[], int]) -> Report:
    """Order the mails of the day for everybody in whose zone it is morning, while there is time."""
    mailed = 0
    for at in rounds(clock.now()):
        while not at.done:
            if milliseconds_left() < _RESERVE:
                return Report(mailed=mailed, finished=False)
            at, count = _next_page(at)  # noqa: PLW2901 -- the same round, a page further
            mailed += count
    return Report(mailed=mailed, finished=True)


def _next_page(at: Round) -> tuple[Round, int]:
    members, more = next_members(at)
    profiles = get_together(*(profile_key(member.user_id) for member in members)) if members else []
    count = sum(_remind(at, member, profile) for member, profile in zip(members, profiles, strict=True))
    at = replace(at, after=members[-1].user_id if members else at.after, done=not more)
    keep(at)
    return at, count


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
