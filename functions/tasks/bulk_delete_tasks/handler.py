"""POST /api/tasks/bulk-delete -- remove up to a hundred tasks of the signed-in user."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from gatehouse.http import CurrentUser, lambda_handler
from gatehouse.http.tasks import OnlyOnce
from gatehouse.tasks.bulk import remove_many

router = APIRouter()


class Unwanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    task_ids: Annotated[list[str], Field(min_length=1, max_length=100)]


@router.post("/api/tasks/bulk-delete")
@router.post("/api/{user_id}/tasks/bulk-delete")
async def bulk_delete_tasks(unwanted: Unwanted, user: CurrentUser, once: OnlyOnce) -> dict[str, list[str]]:
    deleted, not_found = remove_many(user.id, unwanted.task_ids, once)
    return {"deleted": deleted, "not_found": not_found}


handler = lambda_handler(router)
