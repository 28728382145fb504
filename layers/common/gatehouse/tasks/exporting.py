"""Everything that somebody wrote down, to take along: page by page, as JSON or as a table for a spreadsheet."""

import csv
from io import StringIO

from gatehouse.cursors import seal, unseal
from gatehouse.partitions import Ask, query
from gatehouse.tasks.model import Owner, Task, TaskPage
from gatehouse.tasks.table import FIRST_TASK, TaskRow

_QUESTION = "export"
_AT_ONCE = 500  # tasks; of the longest, DynamoDB reads fewer: it stops at a megabyte
_COLUMNS = tuple(Task.model_fields)
_FORMULAS = tuple("=+-@\t\r\n＝＋－＠")  # noqa: RUF001 -- some spreadsheets take the wide ones, too


def export(owner: Owner, cursor: str | None) -> TaskPage:
    """The next tasks, oldest first; raises InvalidInput for a cursor of somebody else."""
    start = unseal(owner.cursor_key, _QUESTION, cursor) if cursor is not None else None
    answer = query(
        Ask(
            row=TaskRow,
            partition=owner.id,
            within=TaskRow.task_id > (start or FIRST_TASK),
            limit=_AT_ONCE,
        )
    )
    tasks = [TaskRow.from_raw_data(item).to_task() for item in answer["Items"]]
    more = "LastEvaluatedKey" in answer
    return TaskPage(tasks=tasks, cursor=seal(owner.cursor_key, _QUESTION, tasks[-1].id) if more else None)


def as_csv(tasks: list[Task], *, with_header: bool) -> str:
    """Tasks as rows of a table (RFC 4180). A text that a spreadsheet would calculate gets an apostrophe before it."""
    table = StringIO()
    writer = csv.writer(table)
    if with_header:
        writer.writerow(_COLUMNS)
    for task in tasks:
        values = task.model_dump(mode="json") | {"tags": " ".join(task.tags), "completed": str(task.completed).lower()}
        writer.writerow([_harmless(values[column]) for column in _COLUMNS])
    return table.getvalue()


def _harmless(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULAS) else value
