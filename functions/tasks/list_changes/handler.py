"""GET /api/tasks/changes -- list tasks changed or deleted since a sync token."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from gatehouse.api.tasks.headers import CurrentOwner
from gatehouse.api_model import StrictModel
from gatehouse.http import AccessPolicy, lambda_handler
from gatehouse.task_reads import limit_task_reads, reads_key
from gatehouse.tasks.sync import ChangeFeed, changes_since

router = APIRouter()


class TaskChangesQuery(StrictModel):
    since: str | None = None
    limit: int = Field(default=100, ge=1, le=500)


@router.get("/api/tasks/changes")
@router.get("/api/{user_id}/tasks/changes")
async def list_changes(query: Annotated[TaskChangesQuery, Query()], owner: CurrentOwner) -> ChangeFeed:
    return changes_since(owner, query.since, query.limit)


handler = lambda_handler(
    router, AccessPolicy(admits_access_tokens=True, user_row=reads_key, user_limit=limit_task_reads)
)
