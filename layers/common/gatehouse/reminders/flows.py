"""Send reminders, by time zone and user. The next run continues an interrupted one and repeats no mail."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from gatehouse import clock
from gatehouse.accounts import ProfileRow, profile_key, reminder_rows
from gatehouse.accounts.reminder_rows import ReminderRow
from gatehouse.dynamodb import ConditionFailed, batch_get, conditional_write
from gatehouse.reminders.model import ReminderRun
from gatehouse.reminders.outbox import MAX_COUNTED, digest_mail
from gatehouse.reminders.table import failed_subscribers, next_subscribers, pending_runs, save_progress
from gatehouse.tasks.summary import due_between
from gatehouse.telemetry import logger
from gatehouse.tokens import TokenRow

_MIN_TIME_LEFT = 20_000  # milliseconds: several times what a page takes
_MAX_FAILED = 100  # users; with more, the cause is not in their rows
_UNREADABLE = (AttributeError, LookupError, TypeError, ValueError)  # without errors of AWS: these fail the whole run


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The mails ordered, the users that failed, and whether the run is complete."""

    mailed: int
    failed: int
    finished: bool


class TooManyFailed(Exception):
    """So many users failed that their rows cannot be the cause. The run is aborted."""


def remind(milliseconds_left: Callable[[], int]) -> Report:
    """Order the day's mails in every zone where it is morning, while there is time.

    Users whose rows cannot be read are skipped, and tried again in every run of the day. Raises UnknownZones after all
    known zones, TooManyFailed, and what DynamoDB raises.
    """
    mailed = failed = 0
    for run in pending_runs(clock.now()):
        if run.left and milliseconds_left() >= _MIN_TIME_LEFT:
            run, count = _retry_failed(run)  # noqa: PLW2901 -- the same run, after one more page
            mailed += count
        while not run.done:
            if milliseconds_left() < _MIN_TIME_LEFT:
                return Report(mailed=mailed, failed=failed + len(run.left), finished=False)
            run, count = _next_page(run)  # noqa: PLW2901 -- the same
            mailed += count
        failed += len(run.left)
    return Report(mailed=mailed, failed=failed, finished=True)


def _next_page(run: ReminderRun) -> tuple[ReminderRun, int]:
    subscribers, more = next_subscribers(run)
    count, failed = _remind_all(run, subscribers)
    if len(run.left | failed) > _MAX_FAILED:
        raise TooManyFailed
    run = replace(
        run, after=subscribers[-1].user_id if subscribers else run.after, done=not more, left=run.left | failed
    )
    save_progress(run)
    return run, count


def _retry_failed(run: ReminderRun) -> tuple[ReminderRun, int]:
    count, failed = _remind_all(run, failed_subscribers(run))
    if failed != run.left:
        run = replace(run, left=failed)
        save_progress(run)
    return run, count


def _remind_all(run: ReminderRun, subscribers: Sequence[ReminderRow]) -> tuple[int, frozenset[str]]:
    """Return how many mails were ordered, and the users that failed."""
    profiles = _profiles(subscribers)
    mailed, failed = 0, set()
    for subscriber in subscribers:
        try:
            mailed += _remind(run, subscriber, profiles[subscriber.user_id])
        except _UNREADABLE:
            logger.exception("not reminded", user_id=subscriber.user_id)
            failed.add(subscriber.user_id)
    return mailed, frozenset(failed)


def _profiles(subscribers: Sequence[ReminderRow]) -> dict[str, ProfileRow | None]:
    """Return the profiles by user id, without unreadable ones, which are found by bisection."""
    ids = [subscriber.user_id for subscriber in subscribers]
    try:
        return dict(zip(ids, batch_get(*map(profile_key, ids)) if ids else [], strict=True))
    except _UNREADABLE:
        half = len(subscribers) // 2
        return _profiles(subscribers[:half]) | _profiles(subscribers[half:]) if half else {}


def _remind(run: ReminderRun, subscriber: ReminderRow, profile: ProfileRow | None) -> bool:
    """Order a user's mail if they have due tasks and got none today."""
    if profile is None or reminder_rows.reminder_zone(profile) != run.zone:
        reminder_rows.delete_stale(subscriber, run.zone)
        return False
    if profile.disabled or not profile.email_verified:
        return False
    window = run.window(clock.now())
    moments = window.start, window.end
    tasks = due_between(profile.user_id, moments, days=window.days, zone=run.clock, limit=MAX_COUNTED)
    return bool(tasks) and _order(digest_mail(profile, run.day, tasks, subscriber))


def _order(row: TokenRow) -> bool:
    try:
        with conditional_write():
            row.save(condition=TokenRow.subject.does_not_exist() | (TokenRow.day != row.day))
    except ConditionFailed:
        return False
    return True
