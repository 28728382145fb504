"""PUT, PATCH /api/tasks/{task_id} -- change what was sent of a task and leave the rest."""

from fastapi import APIRouter, Response

from gatehouse import tasks
from gatehouse.http import CurrentUser, lambda_handler
from gatehouse.http.tasks import OnTerms, tagged
from gatehouse.tasks import Changes, Task

router = APIRouter()


@router.put("/api/tasks/{task_id}")
@router.patch("/api/tasks/{task_id}")
@router.put("/api/{user_id}/tasks/{task_id}")
@router.patch("/api/{user_id}/tasks/{task_id}")
async def update_task(task_id: str, changes: Changes, user: CurrentUser, terms: OnTerms, response: Response) -> Task:
    return tagged(response, tasks.change(user.id, task_id, changes, terms))


handler = lambda_handler(router)
