"""Somebody's list of any length, as the service would have written it: the same one in every run."""

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

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)  # in every run, so that figures can be compared
HISTORY = timedelta(days=400)  # that a list took to grow, however long it is
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
    """A list that was written: the sort keys of its tasks, and the bytes of one on average, alone and with indexes."""

    orders: list[dict[str, str]]
    row_bytes: float
    stored_bytes: float

    def middle(self, attribute: str) -> list[str]:
        """Where the task in the middle of an order stands, as a cursor says it."""
        numeric = attribute == "change_number"
        ordered = sorted(self.orders, key=lambda row: int(row[attribute]) if numeric else row[attribute])
        row = ordered[len(ordered) // 2]
        return [row[name] for name in dict.fromkeys((attribute, "task_id"))]


@contextmanager
def standing_clock() -> Iterator[None]:
    """It is NOW, and a millisecond later whenever somebody looks."""
    looks = count()
    with patch.object(layer("clock"), "now", lambda: NOW + timedelta(milliseconds=next(looks))):
        yield


def text(chance: random.Random, length: int) -> str:
    """Words, about so many characters."""
    words = chance.choices(_WORDS, k=length // 4)
    return " ".join(words)[: length + chance.randint(-5, 5)].strip()


def fields(chance: random.Random, number: int, created: datetime) -> dict[str, Any]:
    """What somebody might write: a title, every other time a description, mostly a due date, some tags."""
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
    """So many tasks, oldest first, a third of them completed."""
    operations, new_task = layer("tasks.operations"), layer("tasks.model").NewTask
    chance = random.Random(size)  # noqa: S311 -- the same list in every run is the point
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
    """Of its latest change. No creation and completion have the same, though they may be in the same microsecond."""
    moment: datetime = task.updated_at
    return round(moment.timestamp() * 1_000_000) + int(task.version) - 1
