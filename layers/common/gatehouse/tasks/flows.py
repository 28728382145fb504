"""Create, read, update and delete tasks. Another user's task does not exist."""

from collections.abc import Sequence
from itertools import batched
from typing import Any

from gatehouse.dynamodb import batch_get
from gatehouse.errors import InvalidInput, NotFound
from gatehouse.tasks.idempotency import IdempotencyKey, OperationResult, WriteOptions
from gatehouse.tasks.model import NewTask, Task, TaskUpdate, task_id
from gatehouse.tasks.operations import Complete, Create, Delete, Operation, Update
from gatehouse.tasks.table import SummaryRow, task_key
from gatehouse.tasks.transactions import MAX_OPERATIONS, write, write_one

_NO_OPTIONS = WriteOptions()


def add(owner: str, new: NewTask, key: IdempotencyKey | None = None, summary: SummaryRow | None = None) -> Task:
    """Create a task; `summary` saves a read. Raises IdempotencyKeyReused, TooManyRequests, TaskLimitReached."""
    return _existing(write_one(owner, Create(new=new), key, summary))


def get(owner: str, text: str) -> Task:
    """Return one task; raises NotFound."""
    (row,) = batch_get(task_key(owner, task_id(text)))
    if row is None:
        raise NotFound
    task: Task = row.to_task()
    return task


def update(owner: str, text: str, changes: TaskUpdate, options: WriteOptions = _NO_OPTIONS) -> Task:
    """Update the given fields of a task.

    Raises InvalidInput when none is given, NotFound, PreconditionFailed, IdempotencyKeyReused, TooManyRequests.
    """
    operation = Update(task_id=task_id(text), fields=given_fields(changes), precondition=options.precondition)
    return _existing(write_one(owner, operation, options.idempotency_key))


def given_fields(changes: TaskUpdate) -> dict[str, Any]:
    """Return the given fields of `changes`; raises InvalidInput when there are none."""
    given = changes.model_dump(exclude_unset=True)
    if not given:
        raise InvalidInput("Nothing to change: send at least one field.")
    return given


def complete(owner: str, text: str, *, completed: bool | None, options: WriteOptions = _NO_OPTIONS) -> Task:
    """Mark a task as completed or not; None toggles it. Raises as `update` does."""
    operation = Complete(task_id=task_id(text), completed=completed, precondition=options.precondition)
    return _existing(write_one(owner, operation, options.idempotency_key))


def remove(owner: str, text: str, options: WriteOptions = _NO_OPTIONS) -> None:
    """Delete a task; raises NotFound, PreconditionFailed, IdempotencyKeyReused, TooManyRequests."""
    write_one(owner, Delete(task_id=task_id(text), precondition=options.precondition), options.idempotency_key)


def run_all(
    owner: str, operations: Sequence[Operation], key: IdempotencyKey | None, summary: SummaryRow | None = None
) -> list[OperationResult]:
    """Run many operations in order, several in each transaction. A failed one does not affect the others.

    A repeated request with the same key continues where the first was interrupted, without repeating operations. Raises
    IdempotencyKeyReused and TooManyRequests before anything is done: all operations count, and none is refused later.
    """
    results: list[OperationResult] = []
    for number, part in enumerate(batched(operations, MAX_OPERATIONS, strict=False)):
        part_key = key.for_part(number) if key else None
        results += write(owner, part, part_key, summary=None if number else summary, admitted=number > 0)
    return results


def _existing(task: Task | None) -> Task:
    assert task  # noqa: S101 -- only a deletion returns None
    return task
