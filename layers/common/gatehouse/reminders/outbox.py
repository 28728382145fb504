"""The mail of a reminder: a token row, unsaved."""

from collections.abc import Sequence
from datetime import timedelta

from gatehouse.accounts import ProfileRow
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
        to_owner=profile.email_verified,
        day=day,
        lines=_lines(tasks, subscriber.language),
    )


def _lines(tasks: Sequence[DueTask], language: str) -> list[str]:
    lines = [f"{task.due}: {' '.join(task.title.split())}" for task in tasks[:_MAX_SHOWN]]
    left = len(tasks) - _MAX_SHOWN
    if left > 0:
        exactly, at_least = _MORE[language]
        lines.append((at_least if len(tasks) == MAX_COUNTED else exactly).format(left))
    return lines
