"""GET /api/tasks/summary -- how many tasks the signed-in user has, by state and priority, and what is due."""

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict

from gatehouse.http import CurrentUser, lambda_handler
from gatehouse.tasks.summary import Summary, summary
from gatehouse.wire import TimeZone

router = APIRouter()


class Here(BaseModel):
    model_config = ConfigDict(extra="forbid")

    zone: TimeZone = "UTC"


@router.get("/api/tasks/summary")
@router.get("/api/{user_id}/tasks/summary")
async def summarize_tasks(here: Annotated[Here, Query()], user: CurrentUser) -> Summary:
    return summary(user.id, ZoneInfo(here.zone))


handler = lambda_handler(router)
