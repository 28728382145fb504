"""The `tasks` table: one partition for each user, with tasks ordered by time. Rows whose keys begin with `#` are the
summary, tombstones of deleted tasks, and receipts: results of requests with an Idempotency-Key.

Each local index sorts all tasks by one attribute. Every sort key ends with the task's id, so that all are different.
"""

from datetime import datetime, timedelta
from typing import Any

from pynamodb.attributes import BooleanAttribute, ListAttribute, TTLAttribute, UnicodeAttribute

from gatehouse.attributes import IntegerAttribute, TimestampAttribute
from gatehouse.config import config
from gatehouse.dynamodb import Key, Row, TableName
from gatehouse.tasks.folding import fold
from gatehouse.tasks.model import Priority, Task

FIRST_TASK = "0"  # sorts before every id, and after every other row
UNDATED = "~"  # sorts after every date
OPEN_DAY, OPEN_MOMENT = "D", "T"  # prefixes of open due dates, so that days and moments can be counted separately
_END = "\x1f"  # sorts before every character of a value
_SUMMARY, _TOMBSTONE, _RECEIPT = "#SUMMARY", "#GONE#", "#RECEIPT#"
_TOMBSTONES_KEPT, _RECEIPTS_KEPT = timedelta(days=31), timedelta(days=1)
_LONGEST_ORDER = 900  # bytes; DynamoDB takes keys of up to 1024
_UNSET = {"completed_at": None, "due_date": None}  # optional attributes


class TaskRow(Row):
    """A task. Each `…_order` is a sort key of an index; `change_number` is that of its latest change.

    `words`, `tag_keys` and `title_order` are folded. Rows without `tag_keys` are older: they fold case alone.
    """

    class Meta:
        table_name = TableName(lambda: config().tasks_table)

    user_id = UnicodeAttribute(hash_key=True)
    task_id = UnicodeAttribute(range_key=True)
    title = UnicodeAttribute()
    description = UnicodeAttribute(default="")
    completed = BooleanAttribute(default=False)
    completed_at = TimestampAttribute(null=True)
    priority = UnicodeAttribute()
    due_date = UnicodeAttribute(null=True)
    tags: ListAttribute[Any] = ListAttribute(of=UnicodeAttribute, default=list)
    created_at = TimestampAttribute()
    updated_at = TimestampAttribute()
    version = IntegerAttribute()
    change_number = IntegerAttribute()
    due_order = UnicodeAttribute()
    open_due_order = UnicodeAttribute(null=True)
    priority_order = UnicodeAttribute()
    title_order = UnicodeAttribute()
    words = UnicodeAttribute()
    tag_keys: ListAttribute[Any] = ListAttribute(of=UnicodeAttribute, null=True)

    @classmethod
    def of(cls, owner: str, task: Task, change_number: int) -> "TaskRow":
        """Return the row of a task."""
        fields = {name: value for name, value in task if name not in {"id", "priority"}}
        return cls(owner, task.id, priority=task.priority.value, change_number=change_number, **fields, **_orders(task))

    def to_task(self) -> Task:
        """Return the task as its owner sees it."""
        return Task.model_validate(_UNSET | self.attribute_values | {"id": self.task_id})


class SummaryRow(Row):
    """The number of a user's tasks, also by state and priority, and the latest change number.

    `writes` are all changes ever, `writes_before` those before the window that ends at `window_end`, in Unix seconds.
    """

    class Meta:
        table_name = TableName(lambda: config().tasks_table)

    user_id = UnicodeAttribute(hash_key=True)
    task_id = UnicodeAttribute(range_key=True, default=_SUMMARY)
    last_change = IntegerAttribute()
    active_low = IntegerAttribute(default=0)
    active_medium = IntegerAttribute(default=0)
    active_high = IntegerAttribute(default=0)
    active_urgent = IntegerAttribute(default=0)
    completed_low = IntegerAttribute(default=0)
    completed_medium = IntegerAttribute(default=0)
    completed_high = IntegerAttribute(default=0)
    completed_urgent = IntegerAttribute(default=0)
    total = IntegerAttribute(null=True)
    writes = IntegerAttribute(default=0)
    writes_before = IntegerAttribute(default=0)
    window_end = IntegerAttribute(default=0)

    def active(self) -> dict[Priority, int]:
        """Return the number of open tasks by priority."""
        return {priority: self.attribute_values[f"active_{priority.value}"] for priority in Priority}

    def completed(self) -> dict[Priority, int]:
        """Return the number of completed tasks by priority."""
        return {priority: self.attribute_values[f"completed_{priority.value}"] for priority in Priority}

    def tasks(self) -> int:
        """Return the number of tasks; `total` is it, too, unless it was written by code that did not count it."""
        return sum(self.active().values()) + sum(self.completed().values())


class TombstoneRow(Row):
    """A deleted task, for clients that have not synced the deletion yet."""

    class Meta:
        table_name = TableName(lambda: config().tasks_table)

    user_id = UnicodeAttribute(hash_key=True)
    task_id = UnicodeAttribute(range_key=True)
    gone_id = UnicodeAttribute()
    change_number = IntegerAttribute()
    expires_at = TTLAttribute()

    @classmethod
    def of(cls, owner: str, task: str, change_number: int, now: datetime) -> "TombstoneRow":
        """Return the tombstone of a task."""
        key = f"{_TOMBSTONE}{task}"
        return cls(owner, key, gone_id=task, change_number=change_number, expires_at=now + _TOMBSTONES_KEPT)


class ReceiptRow(Row):
    """The results of a request with an Idempotency-Key, and the request's fingerprint."""

    class Meta:
        table_name = TableName(lambda: config().tasks_table)

    user_id = UnicodeAttribute(hash_key=True)
    task_id = UnicodeAttribute(range_key=True)
    fingerprint = UnicodeAttribute()
    answer = UnicodeAttribute()
    expires_at = TTLAttribute()

    @classmethod
    def of(cls, owner: str, name: str, now: datetime) -> "ReceiptRow":
        """Return an empty receipt."""
        return cls(owner, receipt_key(owner, name)[2], expires_at=now + _RECEIPTS_KEPT)


def task_key(owner: str, task: str) -> Key:
    """Return the key of a task."""
    return TaskRow, owner, task


def summary_key(owner: str) -> Key:
    """Return the key of a user's summary."""
    return SummaryRow, owner, _SUMMARY


def receipt_key(owner: str, name: str) -> Key:
    """Return the key of a receipt."""
    return ReceiptRow, owner, f"{_RECEIPT}{name}"


def counter(task: Task) -> str:
    """Return the summary attribute that counts tasks like this one."""
    return f"{'completed' if task.completed else 'active'}_{task.priority.value}"


def priority_order(priority: Priority) -> str:
    """Return the prefix of the sort keys of a priority."""
    return str(list(Priority).index(priority))


def _orders(task: Task) -> dict[str, Any]:
    title = fold(task.title)
    orders = {
        "due_order": task.due_date or UNDATED,
        "priority_order": priority_order(task.priority),
        "title_order": title.encode()[:_LONGEST_ORDER].decode(errors="ignore"),
    }
    if task.due_date and not task.completed:
        orders["open_due_order"] = f"{OPEN_MOMENT if 'T' in task.due_date else OPEN_DAY}{task.due_date}"
    folded = {"words": searched_text(task.title, task.description), "tag_keys": [fold(tag) for tag in task.tags]}
    return {name: f"{value}{_END}{task.id}" for name, value in orders.items()} | folded


def searched_text(title: str, description: str) -> str:
    """Return the text in which a folded search term is looked for."""
    return f"{fold(title)}\n{fold(description)}"
