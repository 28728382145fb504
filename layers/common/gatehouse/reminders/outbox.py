"""The mail of a reminder: a token row, unsaved."""

from collections.abc import Sequence
from datetime import timedelta

from gatehouse.accounts import ProfileRow
from gatehouse.accounts.reminders import ReminderRow
from gatehouse.config import config
from gatehouse.tasks.summary import DueTask
from gatehouse.tokens import Purpose, TokenRow, issue

MOST_COUNTED = 100
_MOST_SHOWN = 20
_DAY = timedelta(days=1)
_MORE = {
    "en": ("and {} more", "and at least {} more"),
    "de": ("und {} weitere", "und mindestens {} weitere"),
}


def digest(profile: ProfileRow, day: str, tasks: Sequence[DueTask], member: ReminderRow) -> TokenRow:
    """What somebody has to do. Their id is its key, so there is one, and the next day's takes its place."""
    return issue(
        Purpose.TASK_DIGEST,
        profile.user_id,
        email=profile.email,
        base_url=config().base_url.rstrip("/") or member.base_url,
        language=member.language,
        lifetime=_DAY,
        user_id=profile.user_id,
        name=profile.name,
        day=day,
        lines=_lines(tasks, member.language),
    )


def _lines(tasks: Sequence[DueTask], language: str) -> list[str]:
    lines = [f"{task.due}: {' '.join(task.title.split())}" for task in tasks[:_MOST_SHOWN]]
    left = len(tasks) - _MOST_SHOWN
    if left > 0:
        exactly, at_least = _MORE[language]
        lines.append((at_least if len(tasks) == MOST_COUNTED else exactly).format(left))
    return lines
