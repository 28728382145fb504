"""GET /api/tasks -- a page of the signed-in user's tasks, newest first."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from gatehouse import tasks
from gatehouse.http import CurrentUser, lambda_handler
from gatehouse.tasks import TaskPage

router = APIRouter()


class Wanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=50, ge=1, le=100)
    cursor: str | None = None


@router.get("/api/tasks")
@router.get("/api/{user_id}/tasks")
async def list_tasks(wanted: Annotated[Wanted, Query()], user: CurrentUser) -> TaskPage:
    return tasks.page(user.id, limit=wanted.limit, cursor=wanted.cursor)


handler = lambda_handler(router)
