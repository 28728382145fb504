"""PUT, PATCH /api/tasks/{task_id} -- change the given fields of a task."""

from fastapi import APIRouter, Response

from gatehouse import tasks
from gatehouse.api.tasks.headers import TaskWriteOptions, with_etag
from gatehouse.http import AccessPolicy, CurrentUser, lambda_handler
from gatehouse.tasks import Task, TaskUpdate

router = APIRouter()


@router.put("/api/tasks/{task_id}")
@router.patch("/api/tasks/{task_id}")
@router.put("/api/{user_id}/tasks/{task_id}")
@router.patch("/api/{user_id}/tasks/{task_id}")
async def update_task(
    task_id: str, changes: TaskUpdate, user: CurrentUser, options: TaskWriteOptions, response: Response
) -> Task:
    return with_etag(response, tasks.update(user.id, task_id, changes, options))


handler = lambda_handler(router, AccessPolicy(admits_access_tokens=True))
