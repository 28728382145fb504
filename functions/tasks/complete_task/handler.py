"""PATCH /api/tasks/{task_id}/complete -- mark a task as completed or not; without a body, toggle it."""

from fastapi import APIRouter, Response
from pydantic import StrictBool

from gatehouse import tasks
from gatehouse.api.tasks.headers import TaskWriteOptions, with_etag
from gatehouse.api_model import StrictModel
from gatehouse.http import AccessPolicy, CurrentUser, lambda_handler
from gatehouse.tasks import Task

router = APIRouter()


class Completion(StrictModel):
    completed: StrictBool | None = None


@router.patch("/api/tasks/{task_id}/complete")
@router.patch("/api/{user_id}/tasks/{task_id}/complete")
async def complete_task(
    task_id: str, user: CurrentUser, options: TaskWriteOptions, response: Response, completion: Completion | None = None
) -> Task:
    completed = completion.completed if completion else None
    return with_etag(response, tasks.complete(user.id, task_id, completed=completed, options=options))


handler = lambda_handler(router, AccessPolicy(admits_access_tokens=True))
