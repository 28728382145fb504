"""Operations on tasks: each maps the current task to the next one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from gatehouse.errors import NotFound
from gatehouse.errors.tasks import PreconditionFailed
from gatehouse.tasks.model import ANY_STATE, NewTask, Precondition, Task, new_task_id


class Operation(Protocol):
    """An operation on one task."""

    @property
    def task_id(self) -> str:
        """The id of the task."""

    def apply(self, task: Task | None, now: datetime) -> Task | None:
        """Return the task afterwards, None when it is deleted; raises NotFound, PreconditionFailed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Create:
    """Create a task."""

    new: NewTask
    task_id: str = field(default_factory=new_task_id)

    def apply(self, _task: Task | None, now: datetime) -> Task:
        """Return the new task."""
        return Task(
            id=self.task_id,
            completed=False,
            completed_at=None,
            created_at=now,
            updated_at=now,
            version=1,
            **self.new.model_dump(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """Set some fields; without any, nothing changes."""

    task_id: str
    fields: Mapping[str, Any]
    precondition: Precondition = ANY_STATE

    def apply(self, task: Task | None, now: datetime) -> Task:
        """Return the updated task."""
        task = _require(task, self.precondition)
        changed = {**self.fields, "updated_at": now, "version": task.version + 1}
        if "completed" in changed:
            changed["completed_at"] = (task.completed_at or now) if changed["completed"] else None
        return task.model_copy(update=changed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Complete:
    """Complete or reopen a task; None toggles it."""

    task_id: str
    completed: bool | None = None
    precondition: Precondition = ANY_STATE

    def apply(self, task: Task | None, now: datetime) -> Task:
        """Return the completed or reopened task."""
        task = _require(task, self.precondition)
        completed = not task.completed if self.completed is None else self.completed
        return Update(task_id=self.task_id, fields={"completed": completed}).apply(task, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete:
    """Delete a task."""

    task_id: str
    precondition: Precondition = ANY_STATE

    def apply(self, task: Task | None, _now: datetime) -> None:
        """Check that the task exists and meets the precondition."""
        _require(task, self.precondition)


def _require(task: Task | None, precondition: Precondition) -> Task:
    if task is None:
        raise NotFound
    if not precondition.holds(task):
        raise PreconditionFailed
    return task
