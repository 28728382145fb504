"""The one way in which tasks change: read, plan, and write everything that belongs together in one transaction.

Each transaction takes the next change numbers of its owner and moves the counters of their summary along. A number is
proposed by the clock, in microseconds, and holds only if it is above the last one: so numbers are in the order in which
changes became visible, however wrong clocks are (docs/adr/0009).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from gatehouse import clock
from gatehouse.dynamodb import (
    SCHEMA,
    Change,
    ConditionFailed,
    Contended,
    delete,
    get_together,
    pause,
    put,
    transact,
    update,
)
from gatehouse.errors import Refusal
from gatehouse.tasks.model import Task
from gatehouse.tasks.operations import Create, Operation
from gatehouse.tasks.receipts import Once, Outcome, Refused, recall, receipt
from gatehouse.tasks.table import SummaryRow, TaskRow, TombstoneRow, counter, receipt_key, summary_key, task_key

MOST_TOGETHER = 25  # operations: with their tombstones and answers they must fit into one transaction and one receipt
_ATTEMPTS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What an owner had when a change was planned."""

    tasks: dict[str, Task]
    last_change: int = 0
    answered: list[Outcome] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What each operation comes to, and the tasks that are then other than they were."""

    found: Found
    outcomes: list[Outcome]
    tasks: dict[str, Task | None]


def write_one(owner: str, operation: Operation, once: Once | None = None) -> Task | None:
    """Do one thing; the task afterwards, None when it is gone. With `once`, doing it again answers the same.

    Raises NotFound, PreconditionFailed, IdempotencyKeyReused.
    """
    (outcome,) = write(owner, [operation], once, strict=True)
    assert not isinstance(outcome, Refused)  # noqa: S101 -- it was raised
    return outcome


def write(owner: str, operations: Sequence[Operation], once: Once | None, *, strict: bool = False) -> list[Outcome]:
    """Do up to MOST_TOGETHER things, all in one transaction; what cannot be done is left out, or raised if `strict`."""
    creates = all(isinstance(operation, Create) for operation in operations)
    found = Found(tasks={}) if creates else _find(owner, operations, once)  # what is new need not be looked for
    for attempt in range(_ATTEMPTS):
        if found.answered is not None:
            return found.answered
        now = clock.now()
        plan = _plan(operations, found, now, strict=strict)
        try:
            if plan.tasks or once:  # what could not be done is kept as well: later it might be possible
                transact(*_changes(owner, plan, once, now))
        except ConditionFailed:
            pause(attempt)
            found = _find(owner, operations, once)
        else:
            return plan.outcomes
    raise Contended


def _find(owner: str, operations: Sequence[Operation], once: Once | None) -> Found:
    ids = {operation.task_id: task_key(owner, operation.task_id) for operation in operations}
    asked = [receipt_key(owner, once.name)] if once else []
    summary, *rows = get_together(summary_key(owner), *ids.values(), *asked)
    return Found(
        tasks={row.task_id: row.to_task() for row in rows[: len(ids)] if row},
        last_change=summary.last_change if summary else 0,
        answered=recall(rows[-1], once, clock.now()) if once else None,
    )


def _plan(operations: Sequence[Operation], found: Found, now: datetime, *, strict: bool) -> Plan:
    plan = Plan(found=found, outcomes=[], tasks={})
    for operation in operations:
        task = plan.tasks.get(operation.task_id, found.tasks.get(operation.task_id))
        try:
            outcome = plan.tasks[operation.task_id] = operation.apply(task, now)
        except Refusal as refusal:
            if strict:
                raise
            plan.outcomes.append(Refused.of(refusal))
        else:
            plan.outcomes.append(outcome)
    return plan


def _changes(owner: str, plan: Plan, once: Once | None, now: datetime) -> list[Change]:
    first = max(int(now.timestamp() * 1_000_000), plan.found.last_change + 1)
    changes: list[Change] = []
    counts: Counter[str] = Counter()
    for number, (task_id, after) in enumerate(plan.tasks.items(), first):
        before = plan.found.tasks.get(task_id)
        changes += _change(owner, before, after, number, now)
        counts.subtract([counter(before)] if before else [])
        counts.update([counter(after)] if after else [])
    if changes:
        changes.append(_summed_up(owner, counts, first, first + len(plan.tasks) - 1))
    if once:
        changes.append(receipt(owner, once, plan.outcomes, now))
    return changes


def _change(owner: str, before: Task | None, after: Task | None, number: int, now: datetime) -> list[Change]:
    as_found = TaskRow.version == before.version if before else TaskRow.task_id.does_not_exist()
    if after:
        return [put(TaskRow.of(owner, after, number), as_found)]
    assert before  # noqa: S101 -- nothing is removed that was not there
    return [delete(TaskRow(owner, before.id), as_found), put(TombstoneRow.of(owner, before.id, number, now))]


def _summed_up(owner: str, counts: Counter[str], first: int, last: int) -> Change:
    """The counters of the owner's summary moved along, unless others took one of these numbers."""
    steps = [getattr(SummaryRow, name).add(step) for name, step in counts.items() if step]
    in_order = SummaryRow.last_change.does_not_exist() | (SummaryRow.last_change < first)
    form = SummaryRow.schema.set(SCHEMA)
    return update(SummaryRow(owner), SummaryRow.last_change.set(last), form, *steps, condition=in_order)
