"""POST /api/tasks/bulk -- up to a hundred creates, updates, completes and deletes, each answered in its place."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from gatehouse.http import CurrentUser, lambda_handler
from gatehouse.http.task_headers import OptionalIdempotencyKey
from gatehouse.tasks.bulk import ItemResult, run_bulk

router = APIRouter()


class BulkRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    operations: Annotated[list[Any], Field(min_length=1, max_length=100)]


@router.post("/api/tasks/bulk")
@router.post("/api/{user_id}/tasks/bulk")
async def bulk_tasks(body: BulkRequest, user: CurrentUser, key: OptionalIdempotencyKey) -> dict[str, list[ItemResult]]:
    return {"results": run_bulk(user.id, body.operations, key)}


handler = lambda_handler(router)
