"""Tasks: what people have to do. Every verb takes the owner first, so that nobody reaches another's."""

from gatehouse.tasks.bulk import ItemResult, bulk, remove_many
from gatehouse.tasks.exporting import as_csv, export
from gatehouse.tasks.flows import add, change, complete, read, remove
from gatehouse.tasks.listing import TaskPage, Wanted, page
from gatehouse.tasks.model import Changes, NewTask, Owner, Precondition, Priority, Task
from gatehouse.tasks.receipts import Once, Terms
from gatehouse.tasks.summary import DueTask, Summary, due_within, summary
from gatehouse.tasks.sync import TaskChanges, changes

__all__ = [
    "Changes",
    "DueTask",
    "ItemResult",
    "NewTask",
    "Once",
    "Owner",
    "Precondition",
    "Priority",
    "Summary",
    "Task",
    "TaskChanges",
    "TaskPage",
    "Terms",
    "Wanted",
    "add",
    "as_csv",
    "bulk",
    "change",
    "changes",
    "complete",
    "due_within",
    "export",
    "page",
    "read",
    "remove",
    "remove_many",
    "summary",
]
