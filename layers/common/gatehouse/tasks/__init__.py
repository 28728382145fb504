"""Tasks: what people have to do. Every verb takes the owner first, so that nobody reaches another's."""

from gatehouse.tasks.flows import add, change, complete, page, read, remove
from gatehouse.tasks.model import Changes, NewTask, Priority, Task, TaskPage

__all__ = [
    "Changes",
    "NewTask",
    "Priority",
    "Task",
    "TaskPage",
    "add",
    "change",
    "complete",
    "page",
    "read",
    "remove",
]
