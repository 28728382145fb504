"""What can be done to a task: each operation turns the task as it is into the task as it will be."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from gatehouse.errors import NotFound, PreconditionFailed
from gatehouse.tasks.model import ANY_STATE, NewTask, Precondition, Task, new_task_id


class Operation(Protocol):
    """Something to do to one task."""

    @property
    def task_id(self) -> str:
        """Which task."""

    def apply(self, task: Task | None, now: datetime) -> Task | None:
        """The task afterwards, None when it is gone; raises NotFound, PreconditionFailed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Create:
    """A task that is not there yet."""

    new: NewTask
    task_id: str = field(default_factory=new_task_id)

    def apply(self, _task: Task | None, now: datetime) -> Task:
        """The new task."""
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
class Change:
    """Some fields get new values; without any, nothing happens."""

    task_id: str
    given: Mapping[str, Any]
    when: Precondition = ANY_STATE

    def apply(self, task: Task | None, now: datetime) -> Task:
        """The changed task."""
        task = _found(task, self.when)
        changed = {**self.given, "updated_at": now, "version": task.version + 1}
        if "completed" in changed:
            changed["completed_at"] = (task.completed_at or now) if changed["completed"] else None
        return task.model_copy(update=changed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Complete:
    """The task is completed or not; None turns it round."""

    task_id: str
    completed: bool | None = None
    when: Precondition = ANY_STATE

    def apply(self, task: Task | None, now: datetime) -> Task:
        """The completed task, or the reopened one."""
        task = _found(task, self.when)
        completed = not task.completed if self.completed is None else self.completed
        return Change(task_id=self.task_id, given={"completed": completed}).apply(task, now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remove:
    """The task goes."""

    task_id: str
    when: Precondition = ANY_STATE

    def apply(self, task: Task | None, _now: datetime) -> None:
        """Nothing is left."""
        _found(task, self.when)


def _found(task: Task | None, when: Precondition) -> Task:
    if task is None:
        raise NotFound
    if not when.holds(task):
        raise PreconditionFailed
    return task
