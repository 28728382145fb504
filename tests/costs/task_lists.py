"""Writes task lists of any length as the service would. They are the same in every run."""

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import batched, count
from typing import Any
from unittest.mock import patch

from tests.costs.sizes import Index, item_size, stored
from tests.support.layer import layer

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)  # fixed, so that figures can be compared
HISTORY = timedelta(days=400)  # in which the tasks of a list were created
RARE_TAG, RARE_WORD, ONE_IN = "tax", "lighthouse", 500
_WORDS = (
    "plan",
    "call",
    "write",
    "order",
    "renew",
    "paint",
    "visit",
    "budget",
    "garden",
    "report",
    "invoice",
    "kitchen",
)
_TAGS = ("home", "work", "garden", "family", "travel", "money", "health", "errand")
ORDERED_BY = ("task_id", "due_order", "priority_order", "change_number", "title_order")
_AT_ONCE = 25  # rows of a BatchWriteItem


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A written list: the sort keys of its tasks, and the average bytes of one, alone and with index entries."""

    orders: list[dict[str, str]]
    row_bytes: float
    stored_bytes: float

    def middle(self, attribute: str) -> list[str]:
        """Return the cursor position of the task in the middle of an order."""
        numeric = attribute == "change_number"
        ordered = sorted(self.orders, key=lambda row: int(row[attribute]) if numeric else row[attribute])
        row = ordered[len(ordered) // 2]
        return [row[name] for name in dict.fromkeys((attribute, "task_id"))]


@contextmanager
def fixed_clock() -> Iterator[None]:
    """Set the clock to NOW; each reading advances it by a millisecond. A keyring that was read stays fresh."""
    readings = count()
    with (
        patch.object(layer("clock"), "now", lambda: NOW + timedelta(milliseconds=next(readings))),
        patch.object(layer("keys.keyring"), "_MAX_AGE", timedelta.max),
    ):
        yield


def text(chance: random.Random, length: int) -> str:
    """Return words of about this length."""
    words = chance.choices(_WORDS, k=length // 4)
    return " ".join(words)[: length + chance.randint(-5, 5)].strip()


def fields(chance: random.Random, number: int, created: datetime) -> dict[str, Any]:
    """Return the fields of a realistic task: half have a description, three quarters a due date, some have tags."""
    due = (created + timedelta(days=chance.randint(1, 60), minutes=chance.randint(0, 1440))).replace(second=0)
    rare = number % ONE_IN == ONE_IN // 2
    return {
        "title": text(chance, 40),
        "description": f"{text(chance, 200)}{f' {RARE_WORD}' if rare else ''}" if number % 2 == 0 else "",
        "priority": chance.choice(["low", "medium", "medium", "high", "urgent"]),
        "due_date": [due.date().isoformat(), due.date().isoformat(), due.isoformat(), None][number % 4],
        "tags": [*chance.sample(_TAGS, number % 3), *([RARE_TAG] if rare else [])],
    }


def tasks(size: int) -> Iterator[Any]:
    """Return so many tasks, oldest first, a third of them completed."""
    operations, new_task = layer("tasks.operations"), layer("tasks.model").NewTask
    chance = random.Random(size)  # noqa: S311 -- reproducible on purpose
    for number in range(size):
        created = NOW - HISTORY * ((size - number) / (size + 1))
        created = created.replace(microsecond=created.microsecond // 1000 * 1000)
        with patch.object(layer("clock"), "now", lambda created=created: created):
            create = operations.Create(new=new_task(**fields(chance, number, created)))
        task = create.apply(None, created)
        if number % 3 == 0:
            done = created + (NOW - created) / 100
            done = done.replace(microsecond=done.microsecond // 1000 * 1000)
            task = operations.Complete(task_id=task.id, completed=True).apply(task, done)
        yield task


def fill(owner: str, size: int, indexes: Iterable[Index]) -> Listed:
    """Write so many tasks and their summary, 25 rows at a time."""
    table = layer("tasks.table")
    orders, counts, paid = [], Counter[str](), [0, 0]
    for batch in batched(tasks(size), _AT_ONCE, strict=False):
        counts.update(table.counter(task) for task in batch)
        rows = [table.TaskRow.of(owner, task, _number(task)).serialize() for task in batch]
        orders += [{name: next(iter(row[name].values())) for name in ORDERED_BY} for row in rows]
        paid = [paid[0] + sum(map(item_size, rows)), paid[1] + sum(stored(row, indexes) for row in rows)]
        _put(table.TaskRow, rows)
    last = max(int(row["change_number"]) for row in orders)
    assert len({row["change_number"] for row in orders}) == size
    _put(table.TaskRow, [table.SummaryRow(owner, last_change=last, **counts).serialize()])
    return Listed(orders=orders, row_bytes=paid[0] / size, stored_bytes=paid[1] / size)


def _put(row: Any, items: list[Any]) -> None:
    requests = {row.Meta.table_name: [{"PutRequest": {"Item": item}} for item in items]}
    response = layer("dynamodb").connection().dispatch("BatchWriteItem", {"RequestItems": requests})
    assert not response["UnprocessedItems"]


def _number(task: Any) -> int:
    """Return a unique change number, also for a creation and a completion in the same microsecond."""
    time: datetime = task.updated_at
    return round(time.timestamp() * 1_000_000) + int(task.version) - 1
