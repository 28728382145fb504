"""GET /api/tasks/{task_id} -- return a task."""

from fastapi import APIRouter, Response

from gatehouse import tasks
from gatehouse.api.tasks.headers import TaskPrecondition, unless_not_modified, with_etag
from gatehouse.http import AccessPolicy, CurrentUser, lambda_handler
from gatehouse.task_reads import limit_task_reads, reads_key
from gatehouse.tasks import Task

router = APIRouter()


@router.get("/api/tasks/{task_id}", response_model=Task)
@router.get("/api/{user_id}/tasks/{task_id}", response_model=Task)
async def read_task(
    task_id: str, user: CurrentUser, precondition: TaskPrecondition, response: Response
) -> Task | Response:
    return unless_not_modified(with_etag(response, tasks.get(user.id, task_id)), precondition)


handler = lambda_handler(
    router, AccessPolicy(admits_access_tokens=True, user_row=reads_key, user_limit=limit_task_reads)
)
