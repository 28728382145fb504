"""GET /api/tasks -- a page of the signed-in user's tasks: filtered, in an order, newest first unless told otherwise."""

from typing import Annotated

from fastapi import APIRouter, Query

from gatehouse.http import lambda_handler
from gatehouse.http.tasks import CurrentOwner
from gatehouse.tasks import TaskPage
from gatehouse.tasks.listing import Wanted, page

router = APIRouter()


@router.get("/api/tasks")
@router.get("/api/{user_id}/tasks")
async def list_tasks(wanted: Annotated[Wanted, Query()], owner: CurrentOwner) -> TaskPage:
    return page(owner, wanted)


handler = lambda_handler(router)
