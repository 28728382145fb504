"""POST /api/tasks/bulk-delete -- delete up to 100 tasks."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from gatehouse.api.tasks.bulk import delete_many
from gatehouse.api.tasks.headers import OptionalIdempotencyKey
from gatehouse.api_model import StrictModel
from gatehouse.http import AccessPolicy, CurrentUser, lambda_handler

router = APIRouter()


class BulkDeleteRequest(StrictModel):
    task_ids: Annotated[list[str], Field(min_length=1, max_length=100)]


@router.post("/api/tasks/bulk-delete")
@router.post("/api/{user_id}/tasks/bulk-delete")
async def bulk_delete_tasks(
    body: BulkDeleteRequest, user: CurrentUser, key: OptionalIdempotencyKey
) -> dict[str, list[str]]:
    deleted, not_found = delete_many(user.id, body.task_ids, key)
    return {"deleted": deleted, "not_found": not_found}


handler = lambda_handler(router, AccessPolicy(admits_access_tokens=True))
