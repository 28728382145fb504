"""How many tasks somebody has, and what is due: from counters, and from the index of open due dates up to a cap."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pydantic import BaseModel
from pynamodb.expressions.condition import Condition

from gatehouse import clock
from gatehouse.dynamodb import get_together
from gatehouse.partitions import Ask, query
from gatehouse.tasks.due import end_of_today, in_zone, today
from gatehouse.tasks.model import Priority
from gatehouse.tasks.table import OPEN_DAY, OPEN_MOMENT, SummaryRow, TaskRow, summary_key, task_key
from gatehouse.wire import timestamp

_CAP = 1000
_OPEN = "by_open_due_date"  # holds keys alone: a thousand of them are one answer of DynamoDB


class Summary(BaseModel):
    """Counts of a person's tasks. What is overdue or due today is open; above a thousand it says `1000+`."""

    total: int
    active: int
    completed: int
    by_priority: dict[Priority, int]
    active_by_priority: dict[Priority, int]
    overdue: int | str
    due_today: int | str


@dataclass(frozen=True, slots=True, kw_only=True)
class DueTask:
    """An open task for a reminder; `due` is written as its owner would."""

    title: str
    due: str


def summary(owner: str, zone: ZoneInfo) -> Summary:
    """Every count as of now, where the day is the one of `zone`."""
    row: SummaryRow | None
    (row,) = get_together(summary_key(owner))
    row = row or SummaryRow(owner)
    active = {priority: getattr(row, f"active_{priority.value}") for priority in Priority}
    completed = {priority: getattr(row, f"completed_{priority.value}") for priority in Priority}
    now = clock.now()
    return Summary(
        total=sum(active.values()) + sum(completed.values()),
        active=sum(active.values()),
        completed=sum(completed.values()),
        by_priority={priority: active[priority] + completed[priority] for priority in Priority},
        active_by_priority=active,
        overdue=_capped(owner, *_overdue(now, zone)),
        due_today=_capped(owner, *_left_today(now, zone)),
    )


def due_within(owner: str, *, now: datetime, zone: ZoneInfo, limit: int) -> list[DueTask]:
    """Up to `limit` open tasks: what is due on this day of `zone`, then what is at a moment in the next 24 hours."""
    moments = TaskRow.open_due_order.between(_moment(now), _moment(now + timedelta(days=1)))
    ids: list[str] = []
    for within in (TaskRow.open_due_order.startswith(_day(now, zone)), moments):
        ask = Ask(row=TaskRow, partition=owner, index=_OPEN, within=within, limit=limit)
        ids += [item["task_id"]["S"] for item in query(ask)["Items"]]
    rows = get_together(*(task_key(owner, task) for task in ids[:limit])) if ids else []
    return [DueTask(title=row.title, due=in_zone(row.due_date, zone)) for row in rows if row and row.due_date]


def _overdue(now: datetime, zone: ZoneInfo) -> tuple[Condition, Condition]:
    """Days that are over, and moments that have passed."""
    return (
        TaskRow.open_due_order.between(OPEN_DAY, _day(now, zone)),
        TaskRow.open_due_order.between(OPEN_MOMENT, _moment(now)),
    )


def _left_today(now: datetime, zone: ZoneInfo) -> tuple[Condition, Condition]:
    """This day, and the moments that are left of it."""
    return (
        TaskRow.open_due_order.startswith(_day(now, zone)),
        TaskRow.open_due_order.between(_moment(now), f"{OPEN_MOMENT}{end_of_today(now, zone)}"),
    )


def _day(now: datetime, zone: ZoneInfo) -> str:
    return f"{OPEN_DAY}{today(now, zone)}"


def _moment(moment: datetime) -> str:
    return f"{OPEN_MOMENT}{timestamp(moment)}"


def _capped(owner: str, *ranges: Condition) -> int | str:
    count = 0
    for within in ranges:
        ask = Ask(row=TaskRow, partition=owner, index=_OPEN, within=within, limit=_CAP + 1, counts=True)
        count += query(ask)["Count"]
    return count if count <= _CAP else f"{_CAP}+"
