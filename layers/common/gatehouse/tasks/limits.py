"""Limits of a user: changes in a window, and tasks. Both are counted on the summary, which every change updates.

A limit is a condition of the transaction, so concurrent requests cannot exceed it. It fails only when the limit is
reached: the counters never go back to zero, so the start of a window is no conflict.
"""

from datetime import datetime

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from gatehouse.config import config
from gatehouse.errors import Refusal, TooManyRequests
from gatehouse.errors.tasks import TaskLimitReached
from gatehouse.tasks.table import SummaryRow


def check_writes(summary: SummaryRow, now: datetime) -> None:
    """Raise TooManyRequests when the user's changes in this window are used up."""
    rate = config().rate_limit_task_writes
    if config().rate_limits == "on" and summary.writes >= _writes_before(summary, now) + rate.calls:
        end = rate.window_end(now)
        raise TooManyRequests(end - int(now.timestamp()), limit=rate.calls, resets_at=end)


def has_room(summary: SummaryRow, tasks: int, now: datetime) -> bool:
    """Whether a request that adds `tasks` is within all limits."""
    try:
        check_writes(summary, now)
        check_total(summary.tasks() + tasks - 1)
    except Refusal:
        return False
    return True


def check_total(total: int) -> None:
    """Raise TaskLimitReached when there is no room for a task beside `total` others."""
    if total >= config().maximum_tasks:
        raise TaskLimitReached


def count_writes(summary: SummaryRow | None, writes: int, now: datetime) -> tuple[list[Action], Condition | None]:
    """Return the steps that count `writes`, and the condition that some were left.

    Without the summary the changes belong to a request that was admitted before: they are counted, without condition.
    """
    if config().rate_limits == "off":
        return [], None
    if summary is None:
        return [SummaryRow.writes.add(writes)], None
    rate, before = config().rate_limit_task_writes, _writes_before(summary, now)
    window = [SummaryRow.window_end.set(rate.window_end(now)), SummaryRow.writes_before.set(before)]
    left = SummaryRow.writes.does_not_exist() | (SummaryRow.writes < before + rate.calls)
    return [SummaryRow.writes.add(writes), *window], left


def count_tasks(summary: SummaryRow | None, added: int) -> tuple[list[Action], Condition | None]:
    """Return the steps that add to the number of tasks, and the condition that they fit.

    A summary without the number, or with another one than it counts, gets it.
    """
    if summary and summary.total != (tasks := summary.tasks()):
        same = SummaryRow.total == summary.total if summary.total is not None else SummaryRow.total.does_not_exist()
        return [SummaryRow.total.set(tasks + added)], same
    fits = SummaryRow.total <= config().maximum_tasks - added if added > 0 else None
    return [SummaryRow.total.add(added)] if added else [], fits


def _writes_before(summary: SummaryRow, now: datetime) -> int:
    """Return how many changes were made before this window."""
    begun = summary.window_end == config().rate_limit_task_writes.window_end(now)
    return summary.writes_before if begun else summary.writes
