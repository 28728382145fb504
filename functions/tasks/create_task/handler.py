"""POST /api/tasks -- add a task to the signed-in user's list."""

from fastapi import APIRouter, Response, status

from gatehouse import tasks
from gatehouse.http import CurrentUser, lambda_handler
from gatehouse.http.tasks import OnlyOnce, tagged
from gatehouse.tasks import NewTask, Task

router = APIRouter()


@router.post("/api/tasks", status_code=status.HTTP_201_CREATED)
@router.post("/api/{user_id}/tasks", status_code=status.HTTP_201_CREATED)
async def create_task(new: NewTask, user: CurrentUser, once: OnlyOnce, response: Response) -> Task:
    return tagged(response, tasks.add(user.id, new, once))


handler = lambda_handler(router)
