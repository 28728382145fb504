"""POST /api/tasks/bulk -- create, update, complete and delete up to 100 tasks, with one result for each."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field

from gatehouse.api.tasks.bulk import MAX_BULK_SIZE, ItemResult, run_bulk
from gatehouse.api.tasks.headers import CurrentSummary, OptionalIdempotencyKey
from gatehouse.api_model import StrictModel
from gatehouse.http import AccessPolicy, CurrentUser, lambda_handler
from gatehouse.tasks import summary_key

router = APIRouter()


class BulkRequest(StrictModel):
    operations: Annotated[list[Any], Field(min_length=1, max_length=100)]


@router.post("/api/tasks/bulk")
@router.post("/api/{user_id}/tasks/bulk")
async def bulk_tasks(
    body: BulkRequest, user: CurrentUser, key: OptionalIdempotencyKey, summary: CurrentSummary
) -> dict[str, list[ItemResult]]:
    return {"results": run_bulk(user.id, body.operations, key, summary)}


handler = lambda_handler(
    router, AccessPolicy(admits_access_tokens=True, user_row=summary_key, max_body_size=MAX_BULK_SIZE)
)
