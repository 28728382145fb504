"""Adding, reading, changing and removing tasks. A task of somebody else does not exist."""

from collections.abc import Sequence
from itertools import batched
from typing import Any

from gatehouse.dynamodb import get_together
from gatehouse.errors import InvalidInput, NotFound
from gatehouse.tasks.model import Changes, NewTask, Task, task_id
from gatehouse.tasks.operations import Change, Complete, Create, Operation, Remove
from gatehouse.tasks.receipts import Once, Outcome, Terms
from gatehouse.tasks.table import task_key
from gatehouse.tasks.writing import MOST_TOGETHER, write, write_one

_NONE = Terms()


def add(owner: str, new: NewTask, once: Once | None = None) -> Task:
    """A new task at the head of the owner's list; raises IdempotencyKeyReused."""
    return _there(write_one(owner, Create(new=new), once))


def read(owner: str, text: str) -> Task:
    """One task; raises NotFound."""
    (row,) = get_together(task_key(owner, task_id(text)))
    if row is None:
        raise NotFound
    task: Task = row.to_task()
    return task


def change(owner: str, text: str, changes: Changes, terms: Terms = _NONE) -> Task:
    """Change what was given and leave the rest.

    Raises InvalidInput when nothing was given, NotFound, PreconditionFailed, IdempotencyKeyReused.
    """
    operation = Change(task_id=task_id(text), given=checked(changes), when=terms.when)
    return _there(write_one(owner, operation, terms.once))


def checked(changes: Changes) -> dict[str, Any]:
    """What was given of `changes`; raises InvalidInput when nothing was."""
    given = changes.model_dump(exclude_unset=True)
    if not given:
        raise InvalidInput("Nothing to change: send at least one field.")
    return given


def complete(owner: str, text: str, *, completed: bool | None, terms: Terms = _NONE) -> Task:
    """Mark a task as completed or not; None turns it round. Raises as `change` does."""
    operation = Complete(task_id=task_id(text), completed=completed, when=terms.when)
    return _there(write_one(owner, operation, terms.once))


def remove(owner: str, text: str, terms: Terms = _NONE) -> None:
    """Delete a task; raises NotFound, PreconditionFailed, IdempotencyKeyReused."""
    write_one(owner, Remove(task_id=task_id(text), when=terms.when), terms.once)


def do_all(owner: str, operations: Sequence[Operation], once: Once | None) -> list[Outcome]:
    """Do many things, in their order, some at a time; what cannot be done is Refused and spoils nothing else.

    Sent again under the same name, what was done is not done again, wherever it was cut off. Raises
    IdempotencyKeyReused before anything is done.
    """
    parts = enumerate(batched(operations, MOST_TOGETHER, strict=False))
    done = (write(owner, part, once.part(number) if once else None) for number, part in parts)
    return [outcome for outcomes in done for outcome in outcomes]


def _there(task: Task | None) -> Task:
    assert task  # noqa: S101 -- only removing leaves none
    return task
