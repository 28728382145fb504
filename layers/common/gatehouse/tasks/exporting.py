"""Export all tasks of a user, page by page, as JSON or CSV."""

import csv
import re
from io import StringIO

from gatehouse.cursors import decode_cursor, encode_cursor
from gatehouse.query import QuerySpec, query
from gatehouse.tasks.model import Owner, Task, TaskPage
from gatehouse.tasks.table import FIRST_TASK, TaskRow

_QUERY = "export"
_PAGE_SIZE = 500  # tasks; fewer if they are long: DynamoDB stops at 1 MB
_COLUMNS = tuple(Task.model_fields)
_SEPARATORS = r",;|\t\r\n"  # which one begins a cell is a setting of the reader
_FORMULAS = "=+@＝＋－＠-"  # noqa: RUF001 -- some spreadsheets accept the full-width ones, too
_FORMULA_CELL = re.compile(rf'^(?=[\t\r\n])|(?:^|(?<=[{_SEPARATORS}]))(?=([^\S\t\r\n]|")*[{_FORMULAS}])')


def export_page(owner: Owner, cursor: str | None) -> TaskPage:
    """Return the next page of tasks, oldest first; raises InvalidInput for another user's cursor."""
    start = decode_cursor(owner.cursor_key, _QUERY, cursor) if cursor is not None else None
    answer = query(
        QuerySpec(
            row=TaskRow,
            partition_key=owner.id,
            key_condition=TaskRow.task_id > (start or FIRST_TASK),
            limit=_PAGE_SIZE,
        )
    )
    tasks = [TaskRow.from_raw_data(item).to_task() for item in answer["Items"]]
    more = "LastEvaluatedKey" in answer
    return TaskPage(tasks=tasks, cursor=encode_cursor(owner.cursor_key, _QUERY, tasks[-1].id) if more else None)


def as_csv(tasks: list[Task], *, with_header: bool) -> str:
    """Return tasks as CSV (RFC 4180). Text that a spreadsheet would evaluate gets a leading apostrophe, also after what
    another spreadsheet takes for the start of a cell.
    """
    table = StringIO()
    writer = csv.writer(table)
    if with_header:
        writer.writerow(_COLUMNS)
    for task in tasks:
        values = task.model_dump(mode="json") | {"tags": " ".join(task.tags), "completed": str(task.completed).lower()}
        writer.writerow([_escape_formula(values[column]) for column in _COLUMNS])
    return table.getvalue()


def _escape_formula(value: object) -> object:
    return _FORMULA_CELL.sub("'", value) if isinstance(value, str) else value
