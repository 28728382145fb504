"""Task counts, from counters; due tasks, from the index of open due dates, up to a limit."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from pydantic import BaseModel
from pynamodb.expressions.condition import Condition

from gatehouse import clock
from gatehouse.api_model import format_timestamp
from gatehouse.dynamodb import batch_get
from gatehouse.query import QuerySpec, query
from gatehouse.tasks.due import end_of_today, format_in_zone, today
from gatehouse.tasks.model import Priority
from gatehouse.tasks.table import OPEN_DAY, OPEN_MOMENT, SummaryRow, TaskRow, summary_key, task_key

_MAX_COUNT = 1000
_OPEN = "by_open_due_date"  # it has only keys: a thousand of them fit into one response


class Summary(BaseModel):
    """Counts of a user's tasks. Overdue and due today count open tasks; above a thousand they are `1000+`."""

    total: int
    active: int
    completed: int
    by_priority: dict[Priority, int]
    active_by_priority: dict[Priority, int]
    overdue: int | str
    due_today: int | str


@dataclass(frozen=True, slots=True, kw_only=True)
class DueTask:
    """An open task in a reminder; `due` is in the owner's time zone."""

    title: str
    due: str


def summarize(owner: str, zone: ZoneInfo) -> Summary:
    """Return all counts as of now; days are those of `zone`."""
    row: SummaryRow | None
    (row,) = batch_get(summary_key(owner))
    row = row or SummaryRow(owner)
    active, completed = row.active(), row.completed()
    now = clock.now()
    return Summary(
        total=row.tasks(),
        active=sum(active.values()),
        completed=sum(completed.values()),
        by_priority={priority: active[priority] + completed[priority] for priority in Priority},
        active_by_priority=active,
        overdue=_capped(owner, *_overdue(now, zone)),
        due_today=_capped(owner, *_due_today(now, zone)),
    )


def due_between(
    owner: str, moments: tuple[datetime, datetime], *, days: tuple[str, str], zone: ZoneInfo, limit: int
) -> list[DueTask]:
    """Return up to `limit` open tasks: those due on `days`, then those due between `moments`; the ends are excluded."""
    ids: list[str] = []
    for first, end in ([f"{OPEN_DAY}{day}" for day in days], map(_moment, moments)):
        within = TaskRow.open_due_order.between(first, end)  # keys have an id after the date, so they exceed it
        ask = QuerySpec(row=TaskRow, partition_key=owner, index=_OPEN, key_condition=within, limit=limit)
        ids += [item["task_id"]["S"] for item in query(ask)["Items"]]
    rows = batch_get(*(task_key(owner, task) for task in ids[:limit])) if ids else []
    return [DueTask(title=row.title, due=format_in_zone(row.due_date, zone)) for row in rows if row and row.due_date]


def _overdue(now: datetime, zone: ZoneInfo) -> tuple[Condition, Condition]:
    """Return the conditions for past days and past moments."""
    return (
        TaskRow.open_due_order.between(OPEN_DAY, _day(now, zone)),
        TaskRow.open_due_order.between(OPEN_MOMENT, _moment(now)),
    )


def _due_today(now: datetime, zone: ZoneInfo) -> tuple[Condition, Condition]:
    """Return the conditions for this day and for its remaining moments."""
    return (
        TaskRow.open_due_order.startswith(_day(now, zone)),
        TaskRow.open_due_order.between(_moment(now), f"{OPEN_MOMENT}{end_of_today(now, zone)}"),
    )


def _day(now: datetime, zone: ZoneInfo) -> str:
    return f"{OPEN_DAY}{today(now, zone)}"


def _moment(moment: datetime) -> str:
    return f"{OPEN_MOMENT}{format_timestamp(moment)}"


def _capped(owner: str, *ranges: Condition) -> int | str:
    count = 0
    for within in ranges:
        ask = QuerySpec(
            row=TaskRow, partition_key=owner, index=_OPEN, key_condition=within, limit=_MAX_COUNT + 1, count_only=True
        )
        count += query(ask)["Count"]
    return count if count <= _MAX_COUNT else f"{_MAX_COUNT}+"
