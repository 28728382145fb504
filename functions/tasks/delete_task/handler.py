"""DELETE /api/tasks/{task_id} -- delete a task."""

from fastapi import APIRouter, status

from gatehouse import tasks
from gatehouse.api.tasks.headers import TaskWriteOptions
from gatehouse.http import AccessPolicy, CurrentUser, lambda_handler

router = APIRouter()


@router.delete("/api/tasks/{task_id}", status_code=status.HTTP_204_NO_CONTENT)
@router.delete("/api/{user_id}/tasks/{task_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_task(task_id: str, user: CurrentUser, options: TaskWriteOptions) -> None:
    tasks.remove(user.id, task_id, options)


handler = lambda_handler(router, AccessPolicy(admits_access_tokens=True))
