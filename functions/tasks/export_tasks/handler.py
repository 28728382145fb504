"""GET /api/tasks/export -- export all tasks of the user, in pages, as JSON or CSV."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response

from gatehouse.api.tasks.export import export_response
from gatehouse.api.tasks.headers import CurrentOwner
from gatehouse.api_model import StrictModel
from gatehouse.http import AccessPolicy, lambda_handler
from gatehouse.task_reads import limit_task_reads, reads_key
from gatehouse.tasks import TaskPage
from gatehouse.tasks.exporting import export_page

router = APIRouter()


class TaskExportQuery(StrictModel):
    format: Literal["json", "csv"] = "json"
    bom: Literal["0", "1"] = "0"
    cursor: str | None = None


@router.get("/api/tasks/export", response_model=TaskPage)
@router.get("/api/{user_id}/tasks/export", response_model=TaskPage)
async def export_tasks(query: Annotated[TaskExportQuery, Query()], owner: CurrentOwner) -> Response:
    page = export_page(owner, query.cursor)
    return export_response(page, query.format, first=query.cursor is None, marked=query.bom == "1")


handler = lambda_handler(
    router, AccessPolicy(admits_access_tokens=True, user_row=reads_key, user_limit=limit_task_reads)
)
