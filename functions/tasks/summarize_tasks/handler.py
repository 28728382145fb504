"""GET /api/tasks/summary -- count the user's tasks by state, priority and due date."""

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query

from gatehouse.api_model import StrictModel, TimeZone
from gatehouse.http import AccessPolicy, CurrentUser, lambda_handler
from gatehouse.task_reads import limit_task_reads, reads_key
from gatehouse.tasks.summary import Summary, summarize

router = APIRouter()


class SummaryQuery(StrictModel):
    zone: TimeZone = "UTC"


@router.get("/api/tasks/summary")
@router.get("/api/{user_id}/tasks/summary")
async def summarize_tasks(query: Annotated[SummaryQuery, Query()], user: CurrentUser) -> Summary:
    return summarize(user.id, ZoneInfo(query.zone))


handler = lambda_handler(
    router, AccessPolicy(admits_access_tokens=True, user_row=reads_key, user_limit=limit_task_reads)
)
