"""Task lists: one query of one index in one order, filtered by DynamoDB.

A page evaluates at most _MAX_SCANNED tasks, even if few of them match. So a page may be short or empty and still have a
cursor for the next one.
"""

import json
from collections.abc import Iterator, Mapping
from functools import reduce
from operator import and_
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field, StringConstraints
from pynamodb.attributes import Attribute
from pynamodb.expressions.condition import Condition

from gatehouse.api_model import StrictModel
from gatehouse.cursors import decode_cursor, encode_cursor
from gatehouse.query import QuerySpec, query
from gatehouse.tasks.due import Due, DueMoment
from gatehouse.tasks.folding import fold
from gatehouse.tasks.model import AnyCasePriority, Owner, Tag, TaskPage
from gatehouse.tasks.table import FIRST_TASK, UNDATED, TaskRow, priority_order, searched_text

_MAX_SCANNED, _QUERY_SIZE = 1000, 250

type Position = list[str]  # of a task in an order: the sort value, and its id

Sort = Literal["created_at", "due_date", "priority", "updated_at", "title"]
Order = Literal["asc", "desc"]


class TaskQuery(StrictModel):
    """The query parameters: filters and order. Without `order`, the most relevant come first: newest, most urgent, or
    next due.
    """

    status: Literal["all", "active", "completed"] = "all"
    priority: AnyCasePriority | None = None
    tag: Tag | None = None
    due_before: Due | None = None
    due_after: Due | None = None
    updated_since: DueMoment | None = None
    search: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = ""
    sort: Sort = "created_at"
    order: Order | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 50
    cursor: str | None = None


class SortOrder(NamedTuple):
    """The index of a sort order, its sort attribute, and its default direction."""

    index_name: str | None
    attribute: Attribute[Any]
    order: Order


_SORTS: dict[Sort, SortOrder] = {
    "created_at": SortOrder(None, TaskRow.task_id, "desc"),
    "due_date": SortOrder("by_due_date", TaskRow.due_order, "asc"),
    "priority": SortOrder("by_priority", TaskRow.priority_order, "desc"),
    "updated_at": SortOrder("by_change", TaskRow.change_number, "desc"),
    "title": SortOrder("by_title", TaskRow.title_order, "asc"),
}


def list_page(owner: Owner, task_query: TaskQuery) -> TaskPage:
    """Return one page; raises InvalidInput for a cursor of another user or another query."""
    by, found = _SORTS[task_query.sort], list[TaskRow]()
    query_text = _query_text(task_query, by)
    position = decode_cursor(owner.cursor_key, query_text, task_query.cursor) if task_query.cursor is not None else None
    for answer in _query_pages(owner.id, task_query, by, position):
        rows = (item for item in answer["Items"] if "title" in item)  # without tombstones
        found += [row for item in rows if _matches(task_query, row := TaskRow.from_raw_data(item))]
        position = _position(by, answer["LastEvaluatedKey"]) if "LastEvaluatedKey" in answer else None
        if len(found) > task_query.limit:
            found = found[: task_query.limit]
            position = _position(by, found[-1].serialize())
            break
    cursor = encode_cursor(owner.cursor_key, query_text, position) if position else None
    return TaskPage(tasks=[row.to_task() for row in found], cursor=cursor)


def _query_text(task_query: TaskQuery, by: SortOrder) -> str:
    asked = task_query.model_dump(mode="json", exclude={"limit", "cursor"}) | {"order": task_query.order or by.order}
    return json.dumps(asked, sort_keys=True)


def _query_pages(
    owner: str, task_query: TaskQuery, by: SortOrder, position: Position | None
) -> Iterator[dict[str, Any]]:
    """Yield the responses of consecutive queries, until the list ends or enough tasks were evaluated."""
    where = _filter_condition(task_query)
    start = _start(owner, by, position) if position else None
    for number in range(_MAX_SCANNED // _QUERY_SIZE):
        answer = query(
            QuerySpec(
                row=TaskRow,
                partition_key=owner,
                index=by.index_name,
                key_condition=_key_condition(task_query),
                filter_condition=where,
                forward=(task_query.order or by.order) == "asc",
                start_key=start,
                limit=_QUERY_SIZE if where is not None or number else task_query.limit + 1,
            )
        )
        yield answer
        start = answer.get("LastEvaluatedKey")
        if start is None:
            return


def _key_condition(task_query: TaskQuery) -> Condition | None:
    """Return the key condition: the part of the query that the index can select."""
    match task_query.sort:
        case "created_at":
            return TaskRow.task_id >= FIRST_TASK
        case "due_date":
            return _due_within(task_query.due_after, task_query.due_before)
        case "priority" if task_query.priority:
            return TaskRow.priority_order.startswith(priority_order(task_query.priority))
        case "updated_at" if task_query.updated_since:
            return TaskRow.change_number >= int(task_query.updated_since.timestamp() * 1_000_000)
    return None


def _due_within(after: str | None, before: str | None) -> Condition | None:
    if after:  # DynamoDB refuses bounds in the wrong order; equal bounds select nothing
        return TaskRow.due_order.between(after, max(after, before or UNDATED))
    return TaskRow.due_order < before if before else None


def _filter_condition(task_query: TaskQuery) -> Condition | None:
    """Return the filter, without the index's own keys, which DynamoDB refuses here."""
    conditions: list[Condition] = []
    if task_query.status != "all":
        conditions.append(TaskRow.completed == (task_query.status == "completed"))
    if task_query.priority and task_query.sort != "priority":
        conditions.append(TaskRow.priority == task_query.priority.value)
    if task_query.tag:
        conditions.append(TaskRow.tag_keys.contains(fold(task_query.tag)) | TaskRow.tag_keys.does_not_exist())
    if task_query.due_before and task_query.sort != "due_date":
        conditions.append(TaskRow.due_date < task_query.due_before)
    if task_query.due_after and task_query.sort != "due_date":
        conditions.append(TaskRow.due_date >= task_query.due_after)
    if task_query.updated_since:
        conditions.append(TaskRow.updated_at >= task_query.updated_since)
    if task_query.search:
        conditions.append(TaskRow.words.contains(fold(task_query.search)) | TaskRow.tag_keys.does_not_exist())
    return reduce(and_, conditions) if conditions else None


def _matches(task_query: TaskQuery, row: TaskRow) -> bool:
    """Whether a row matches the parts of a query that DynamoDB cannot compare: older rows are not folded."""
    if row.tag_keys is not None:
        return True
    has_tag = not task_query.tag or fold(task_query.tag) in map(fold, row.tags)
    return has_tag and fold(task_query.search) in searched_text(row.title, row.description)


def _position(by: SortOrder, key: Mapping[str, Any]) -> Position:
    """Return the position of a row in an order."""
    names = dict.fromkeys((by.attribute.attr_name, "task_id"))
    return [next(iter(key[name].values())) for name in names]


def _start(owner: str, by: SortOrder, position: Position) -> dict[str, Any]:
    order, task = position[0], position[-1]
    return {
        "user_id": {"S": owner},
        by.attribute.attr_name: {by.attribute.attr_type: order},
        "task_id": {"S": task},
    }
