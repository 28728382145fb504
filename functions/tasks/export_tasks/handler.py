"""GET /api/tasks/export -- everything that the signed-in user wrote down, page by page, as JSON or CSV."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict

from gatehouse.http import lambda_handler
from gatehouse.http.exports import exported
from gatehouse.http.tasks import CurrentOwner
from gatehouse.tasks import TaskPage
from gatehouse.tasks.exporting import export

router = APIRouter()


class Wanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    format: Literal["json", "csv"] = "json"
    cursor: str | None = None


@router.get("/api/tasks/export", response_model=TaskPage)
@router.get("/api/{user_id}/tasks/export", response_model=TaskPage)
async def export_tasks(wanted: Annotated[Wanted, Query()], owner: CurrentOwner) -> Response:
    return exported(export(owner, wanted.cursor), wanted.format, first=wanted.cursor is None)


handler = lambda_handler(router)
