"""GET /api/tasks/{task_id} -- one task of the signed-in user."""

from fastapi import APIRouter, Response

from gatehouse import tasks
from gatehouse.http import CurrentUser, lambda_handler
from gatehouse.http.tasks import IfMatching, tagged, unless_known
from gatehouse.tasks import Task

router = APIRouter()


@router.get("/api/tasks/{task_id}", response_model=Task)
@router.get("/api/{user_id}/tasks/{task_id}", response_model=Task)
async def read_task(task_id: str, user: CurrentUser, when: IfMatching, response: Response) -> Task | Response:
    return unless_known(tagged(response, tasks.read(user.id, task_id)), when)


handler = lambda_handler(router)
