"""GET /api/tasks -- list the user's tasks, in pages, with filters and a sort order."""

from typing import Annotated

from fastapi import APIRouter, Query

from gatehouse.api.tasks.headers import CurrentOwner
from gatehouse.http import AccessPolicy, lambda_handler
from gatehouse.task_reads import limit_task_reads, reads_key
from gatehouse.tasks import TaskPage
from gatehouse.tasks.listing import TaskQuery, list_page

router = APIRouter()


@router.get("/api/tasks")
@router.get("/api/{user_id}/tasks")
async def list_tasks(query: Annotated[TaskQuery, Query()], owner: CurrentOwner) -> TaskPage:
    return list_page(owner, query)


handler = lambda_handler(
    router, AccessPolicy(admits_access_tokens=True, user_row=reads_key, user_limit=limit_task_reads)
)
