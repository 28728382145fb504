"""The mail of a reminder: a token row, unsaved."""

from collections.abc import Sequence
from datetime import timedelta

from gatehouse.accounts import ProfileRow
from gatehouse.accounts.outbox import is_owner
from gatehouse.accounts.reminder_rows import ReminderRow
from gatehouse.config import config
from gatehouse.tasks.summary import DueTask
from gatehouse.tokens import Purpose, TokenRow, issue_token

MAX_COUNTED = 100
_MAX_SHOWN = 20
_DAY = timedelta(days=1)
_MORE = {
    "en": ("and {} more", "and at least {} more"),
    "de": ("und {} weitere", "und mindestens {} weitere"),
}


def digest_mail(profile: ProfileRow, day: str, tasks: Sequence[DueTask], subscriber: ReminderRow) -> TokenRow:
    """Return the mail with a user's due tasks. It is keyed by the user id, so a new one replaces the previous day's."""
    return issue_token(
        Purpose.TASK_DIGEST,
        profile.user_id,
        email=profile.email,
        base_url=config().base_url.rstrip("/") or subscriber.base_url,
        language=subscriber.language,
        lifetime=_DAY,
        user_id=profile.user_id,
        name=profile.name,
        to_owner=is_owner(profile),
        day=day,
        lines=_lines(tasks, subscriber.language, with_titles=profile.is_proven),
    )


def _lines(tasks: Sequence[DueTask], language: str, *, with_titles: bool) -> list[str]:
    """Return what the mail lists: dates alone where titles may be a stranger's text."""
    shown = tasks[:_MAX_SHOWN]
    lines = [f"{task.due}: {' '.join(task.title.split())}" if with_titles else task.due for task in shown]
    left = len(tasks) - _MAX_SHOWN
    if left > 0:
        exactly, at_least = _MORE[language]
        lines.append((at_least if len(tasks) == MAX_COUNTED else exactly).format(left))
    return lines
