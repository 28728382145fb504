"""Pages of a task export, as files to download."""

from typing import Literal
from urllib.parse import urlencode

from fastapi import Response

from gatehouse.tasks import TaskPage
from gatehouse.tasks.exporting import as_csv

BYTE_ORDER_MARK = "\ufeff"


def export_response(page: TaskPage, kind: Literal["json", "csv"], *, first: bool, marked: bool) -> Response:
    """Return a page of an export as a file. `Link` names the next page. Only the first page of a CSV has its header
    row, and before it the byte order mark if it is to be `marked` as UTF-8.
    """
    mark = BYTE_ORDER_MARK if first and marked else ""
    text = mark + as_csv(page.tasks, with_header=first) if kind == "csv" else page.model_dump_json()
    response = Response(text, media_type={"csv": "text/csv; charset=utf-8", "json": "application/json"}[kind])
    response.headers["content-disposition"] = f'attachment; filename="tasks.{kind}"'
    if page.cursor:
        query = urlencode({"format": kind, "cursor": page.cursor})
        response.headers["link"] = f'</api/tasks/export?{query}>; rel="next"'
    return response
