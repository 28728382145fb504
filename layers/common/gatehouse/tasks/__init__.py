"""Tasks: what people have to do. Every verb takes the owner first, so that nobody reaches another's.

Here is what most functions need. Lists, counts, sync, export and bulk are modules of their own: each is imported by the
functions that serve it.
"""

from gatehouse.tasks.flows import add, change, complete, read, remove
from gatehouse.tasks.model import Changes, NewTask, Owner, Precondition, Priority, Task, TaskPage
from gatehouse.tasks.receipts import Once, Terms

__all__ = [
    "Changes",
    "NewTask",
    "Once",
    "Owner",
    "Precondition",
    "Priority",
    "Task",
    "TaskPage",
    "Terms",
    "add",
    "change",
    "complete",
    "read",
    "remove",
]
