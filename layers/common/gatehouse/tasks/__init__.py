"""Tasks. Every function takes the owner first, so that no user reaches another's tasks.

This package exports what most functions need. Listing, summary, sync, export and bulk are modules of their own,
imported by the functions that serve them.
"""

from gatehouse.tasks.flows import add, complete, get, remove, update
from gatehouse.tasks.idempotency import IdempotencyKey, WriteOptions
from gatehouse.tasks.model import NewTask, Owner, Precondition, Priority, Task, TaskPage, TaskUpdate
from gatehouse.tasks.table import summary_key

__all__ = [
    "IdempotencyKey",
    "NewTask",
    "Owner",
    "Precondition",
    "Priority",
    "Task",
    "TaskPage",
    "TaskUpdate",
    "WriteOptions",
    "add",
    "complete",
    "get",
    "remove",
    "summary_key",
    "update",
]
