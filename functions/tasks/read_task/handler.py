"""GET /api/tasks/{task_id} -- one task of the signed-in user."""

from fastapi import APIRouter

from gatehouse import tasks
from gatehouse.http import CurrentUser, lambda_handler
from gatehouse.tasks import Task

router = APIRouter()


@router.get("/api/tasks/{task_id}")
@router.get("/api/{user_id}/tasks/{task_id}")
async def read_task(task_id: str, user: CurrentUser) -> Task:
    return tasks.read(user.id, task_id)


handler = lambda_handler(router)
