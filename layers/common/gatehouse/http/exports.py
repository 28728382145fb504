"""An export as a file to keep, page by page."""

from typing import Literal
from urllib.parse import urlencode

from fastapi import Response

from gatehouse.tasks import TaskPage
from gatehouse.tasks.exporting import as_csv


def exported(page: TaskPage, kind: Literal["json", "csv"], *, first: bool) -> Response:
    """A page of an export as a file; `Link` leads to the next one. Only the first page of a table has its header."""
    text = as_csv(page.tasks, with_header=first) if kind == "csv" else page.model_dump_json()
    answer = Response(text, media_type={"csv": "text/csv; charset=utf-8", "json": "application/json"}[kind])
    answer.headers["content-disposition"] = f'attachment; filename="tasks.{kind}"'
    if page.cursor:
        query = urlencode({"format": kind, "cursor": page.cursor})
        answer.headers["link"] = f'</api/tasks/export?{query}>; rel="next"'
    return answer
