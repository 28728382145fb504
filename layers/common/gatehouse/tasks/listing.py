"""Lists: one query of one index in one order; what is not wanted is left out by DynamoDB.

A page looks at no more than _LOOKED_AT tasks, however few of them are wanted. So it may be short, or empty, and still
have a cursor for the next one.
"""

import json
from collections.abc import Iterator, Mapping
from functools import reduce
from operator import and_
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pynamodb.attributes import Attribute
from pynamodb.expressions.condition import Condition

from gatehouse.cursors import seal, unseal
from gatehouse.partitions import Ask, query
from gatehouse.tasks.due import Due, Moment
from gatehouse.tasks.model import AnyCasePriority, Owner, Tag, TaskPage
from gatehouse.tasks.table import FIRST_TASK, UNDATED, TaskRow, priority_order

_LOOKED_AT, _AT_ONCE = 1000, 250

type Place = list[str]  # of a task in an order: what it is ordered by, and its id

Sort = Literal["created_at", "due_date", "priority", "updated_at", "title"]
Order = Literal["asc", "desc"]


class Wanted(BaseModel):
    """Which tasks, in which order; without `order`, what matters comes first: the newest, most urgent, or next due."""

    model_config = ConfigDict(extra="forbid")

    status: Literal["all", "active", "completed"] = "all"
    priority: AnyCasePriority | None = None
    tag: Tag | None = None
    due_before: Due | None = None
    due_after: Due | None = None
    updated_since: Moment | None = None
    search: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""
    sort: Sort = "created_at"
    order: Order | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50
    cursor: str | None = None


class By(NamedTuple):
    """How tasks are found in an order: the index, the attribute that it sorts by, and which end comes first."""

    index_name: str | None
    attribute: Attribute[Any]
    order: Order


_SORTS: dict[Sort, By] = {
    "created_at": By(None, TaskRow.task_id, "desc"),
    "due_date": By("by_due_date", TaskRow.due_order, "asc"),
    "priority": By("by_priority", TaskRow.priority_order, "desc"),
    "updated_at": By("by_change", TaskRow.change_number, "desc"),
    "title": By("by_title", TaskRow.title_order, "asc"),
}


def page(owner: Owner, wanted: Wanted) -> TaskPage:
    """One page; raises InvalidInput for a cursor of somebody else or of another question."""
    by, found = _SORTS[wanted.sort], list[TaskRow]()
    question = _question(wanted, by)
    place = unseal(owner.cursor_key, question, wanted.cursor) if wanted.cursor is not None else None
    for answer in _looks(owner.id, wanted, by, place):
        found += [TaskRow.from_raw_data(item) for item in answer["Items"] if "title" in item]  # or it is a tombstone
        place = _place(by, answer["LastEvaluatedKey"]) if "LastEvaluatedKey" in answer else None
        if len(found) > wanted.limit:
            found = found[: wanted.limit]
            place = _place(by, found[-1].serialize())
            break
    cursor = seal(owner.cursor_key, question, place) if place else None
    return TaskPage(tasks=[row.to_task() for row in found], cursor=cursor)


def _question(wanted: Wanted, by: By) -> str:
    asked = wanted.model_dump(mode="json", exclude={"limit", "cursor"}) | {"order": wanted.order or by.order}
    return json.dumps(asked, sort_keys=True)


def _looks(owner: str, wanted: Wanted, by: By, place: Place | None) -> Iterator[dict[str, Any]]:
    """Queries that go on where the last one stopped, until there is no more or enough was looked at."""
    where = _where(wanted)
    start = _start(owner, by, place) if place else None
    for number in range(_LOOKED_AT // _AT_ONCE):
        answer = query(
            Ask(
                row=TaskRow,
                partition=owner,
                index=by.index_name,
                within=_within(wanted),
                where=where,
                forward=(wanted.order or by.order) == "asc",
                start=start,
                limit=_AT_ONCE if where is not None or number else wanted.limit + 1,
            )
        )
        yield answer
        start = answer.get("LastEvaluatedKey")
        if start is None:
            return


def _within(wanted: Wanted) -> Condition | None:
    """What the order itself can leave out."""
    match wanted.sort:
        case "created_at":
            return TaskRow.task_id >= FIRST_TASK
        case "due_date":
            return _due_within(wanted.due_after, wanted.due_before)
        case "priority" if wanted.priority:
            return TaskRow.priority_order.startswith(priority_order(wanted.priority))
        case "updated_at" if wanted.updated_since:
            return TaskRow.change_number >= int(wanted.updated_since.timestamp() * 1_000_000)
    return None


def _due_within(after: str | None, before: str | None) -> Condition | None:
    if after:  # DynamoDB refuses bounds that are the wrong way round; between the same two there is nothing
        return TaskRow.due_order.between(after, max(after, before or UNDATED))
    return TaskRow.due_order < before if before else None


def _where(wanted: Wanted) -> Condition | None:
    """What DynamoDB leaves out of what it looked at. It takes no key of the index here."""
    conditions: list[Condition] = []
    if wanted.status != "all":
        conditions.append(TaskRow.completed == (wanted.status == "completed"))
    if wanted.priority and wanted.sort != "priority":
        conditions.append(TaskRow.priority == wanted.priority.value)
    if wanted.tag:
        conditions.append(TaskRow.tags.contains(wanted.tag))
    if wanted.due_before and wanted.sort != "due_date":
        conditions.append(TaskRow.due_date < wanted.due_before)
    if wanted.due_after and wanted.sort != "due_date":
        conditions.append(TaskRow.due_date >= wanted.due_after)
    if wanted.updated_since:
        conditions.append(TaskRow.updated_at >= wanted.updated_since)
    if wanted.search:
        conditions.append(TaskRow.words.contains(wanted.search.casefold()))
    return reduce(and_, conditions) if conditions else None


def _place(by: By, key: Mapping[str, Any]) -> Place:
    """Where a row stands in an order."""
    names = dict.fromkeys((by.attribute.attr_name, "task_id"))
    return [next(iter(key[name].values())) for name in names]


def _start(owner: str, by: By, place: Place) -> dict[str, Any]:
    order, task = place[0], place[-1]
    return {
        "user_id": {"S": owner},
        by.attribute.attr_name: {by.attribute.attr_type: order},
        "task_id": {"S": task},
    }
