"""All writes to tasks: read, plan, and write everything in one transaction.

Each transaction takes the owner's next change numbers and updates the counters of the summary, also those of the
owner's limits. A number is proposed from the clock, in microseconds, and is valid only above the last one. So numbers
have the order in which changes became visible, even with wrong clocks (docs/adr/0009).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from gatehouse import clock
from gatehouse.dynamodb import (
    SCHEMA,
    ConditionFailed,
    TransactionConflict,
    TransactItem,
    batch_get,
    delete,
    put,
    transact,
    update,
)
from gatehouse.errors import Refusal
from gatehouse.retries import back_off
from gatehouse.tasks import limits
from gatehouse.tasks.idempotency import FailedOperation, IdempotencyKey, OperationResult, save_results, stored_results
from gatehouse.tasks.model import Task
from gatehouse.tasks.operations import Create, Operation
from gatehouse.tasks.table import SummaryRow, TaskRow, TombstoneRow, counter, receipt_key, summary_key, task_key

MAX_OPERATIONS = 25  # with tombstones and results they must fit into one transaction and one receipt
_ATTEMPTS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The owner's tasks, and the summary if it was read, when a change was planned."""

    tasks: dict[str, Task]
    summary: SummaryRow | None
    stored: list[OperationResult] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The result of each operation, and the tasks that change."""

    snapshot: Snapshot
    results: list[OperationResult]
    tasks: dict[str, Task | None]


def write_one(
    owner: str, operation: Operation, key: IdempotencyKey | None = None, summary: SummaryRow | None = None
) -> Task | None:
    """Run one operation and return the task, None when it is deleted. With `key`, a repeated request gets the same
    result.

    Raises NotFound, PreconditionFailed, IdempotencyKeyReused, TooManyRequests, TaskLimitReached.
    """
    (result,) = write(owner, [operation], key, summary=summary, strict=True)
    assert not isinstance(result, FailedOperation)  # noqa: S101 -- strict raises it
    return result


def write(
    owner: str,
    operations: Sequence[Operation],
    key: IdempotencyKey | None,
    *,
    summary: SummaryRow | None = None,
    admitted: bool = False,
    strict: bool = False,
) -> list[OperationResult]:
    """Run up to MAX_OPERATIONS operations in one transaction; a failed one is left out, or raised if `strict`.

    `summary` is the owner's as just read, if it was. Raises TooManyRequests unless the operations are `admitted`,
    as further ones of one request.
    """
    creates = all(isinstance(operation, Create) for operation in operations)
    if creates and (admitted or (summary and limits.has_room(summary, len(operations), clock.now()))):
        snapshot = Snapshot(tasks={}, summary=summary)  # new tasks need no read
    else:
        snapshot = _load_snapshot(owner, operations, key)
    for attempt in range(_ATTEMPTS):
        if snapshot.stored is not None:
            return snapshot.stored
        now = clock.now()
        if not admitted and snapshot.summary:
            limits.check_writes(snapshot.summary, now)
        plan = _plan(operations, snapshot, now, strict=strict)
        try:
            if plan.tasks or key:  # failures are stored, too: a repeated request must get the same results
                transact(*_changes(owner, plan, key, now, admitted=admitted))
        except ConditionFailed:
            back_off(attempt)
            snapshot = _load_snapshot(owner, operations, key)
        else:
            return plan.results
    raise TransactionConflict


def _load_snapshot(owner: str, operations: Sequence[Operation], key: IdempotencyKey | None) -> Snapshot:
    ids = {operation.task_id: task_key(owner, operation.task_id) for operation in operations}
    key_rows = [receipt_key(owner, key.name)] if key else []
    summary, *rows = batch_get(summary_key(owner), *ids.values(), *key_rows)
    return Snapshot(
        tasks={row.task_id: row.to_task() for row in rows[: len(ids)] if row},
        summary=summary or SummaryRow(owner, last_change=0),
        stored=stored_results(rows[-1], key, clock.now()) if key else None,
    )


def _plan(operations: Sequence[Operation], snapshot: Snapshot, now: datetime, *, strict: bool) -> Plan:
    plan = Plan(snapshot=snapshot, results=[], tasks={})
    total = snapshot.summary.tasks() if snapshot.summary else 0
    for operation in operations:
        task = plan.tasks.get(operation.task_id, snapshot.tasks.get(operation.task_id))
        try:
            result = operation.apply(task, now)
            if not task:
                limits.check_total(total)
            total += bool(result) - bool(task)
            plan.tasks[operation.task_id] = result
        except Refusal as refusal:
            if strict:
                raise
            plan.results.append(FailedOperation.of(refusal))
        else:
            plan.results.append(result)
    return plan


def _changes(
    owner: str, plan: Plan, key: IdempotencyKey | None, now: datetime, *, admitted: bool
) -> list[TransactItem]:
    last = plan.snapshot.summary.last_change if plan.snapshot.summary else 0
    first = max(int(now.timestamp() * 1_000_000), last + 1)
    changes: list[TransactItem] = []
    counts: Counter[str] = Counter()
    for number, (task_id, after) in enumerate(plan.tasks.items(), first):
        before = plan.snapshot.tasks.get(task_id)
        changes += _change(owner, before, after, number, now)
        counts.subtract([counter(before)] if before else [])
        counts.update([counter(after)] if after else [])
    counted = limits.count_writes(None if admitted else plan.snapshot.summary, len(plan.results), now)
    if changes or counted[0]:  # failures that are stored count, too
        limited = [counted, limits.count_tasks(plan.snapshot.summary, counts.total())]
        numbers = range(first, first + (len(plan.tasks) or 1))
        changes.append(_update_summary(owner, counts, limited, numbers))
    if key:
        changes.append(save_results(owner, key, plan.results, now))
    return changes


def _change(owner: str, before: Task | None, after: Task | None, number: int, now: datetime) -> list[TransactItem]:
    as_found = TaskRow.version == before.version if before else TaskRow.task_id.does_not_exist()
    if after:
        return [put(TaskRow.of(owner, after, number), as_found)]
    assert before  # noqa: S101 -- only an existing task is deleted
    return [delete(TaskRow(owner, before.id), as_found), put(TombstoneRow.of(owner, before.id, number, now))]


def _update_summary(
    owner: str, counts: Counter[str], limited: list[tuple[list[Action], Condition | None]], numbers: range
) -> TransactItem:
    """Return the update of the owner's summary; it fails when another transaction took one of these numbers, or the
    last room within a limit.
    """
    steps = [getattr(SummaryRow, name).add(step) for name, step in counts.items() if step]
    condition = SummaryRow.last_change.does_not_exist() | (SummaryRow.last_change < numbers[0])
    for more, fits in limited:
        steps += more
        condition = condition & fits if fits is not None else condition
    form = SummaryRow.schema.set(SCHEMA)
    return update(SummaryRow(owner), SummaryRow.last_change.set(numbers[-1]), form, *steps, condition=condition)
