"""POST /api/tasks -- create a task."""

from fastapi import APIRouter, Response, status

from gatehouse import tasks
from gatehouse.api.tasks.headers import CurrentSummary, OptionalIdempotencyKey, with_etag
from gatehouse.http import AccessPolicy, CurrentUser, lambda_handler
from gatehouse.tasks import NewTask, Task

router = APIRouter()


@router.post("/api/tasks", status_code=status.HTTP_201_CREATED)
@router.post("/api/{user_id}/tasks", status_code=status.HTTP_201_CREATED)
async def create_task(
    new: NewTask, user: CurrentUser, key: OptionalIdempotencyKey, summary: CurrentSummary, response: Response
) -> Task:
    return with_etag(response, tasks.add(user.id, new, key, summary))


handler = lambda_handler(router, AccessPolicy(admits_access_tokens=True, user_row=tasks.summary_key))
