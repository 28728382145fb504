"""POST /api/auth/update-user -- change the user's name or picture."""

from typing import Any

from fastapi import APIRouter, Request, Response

from gatehouse import accounts
from gatehouse.accounts import Image, Name
from gatehouse.errors import EmailCanNotBeUpdated
from gatehouse.http import CurrentUser, Done, lambda_handler, repeat_session
from gatehouse.wire import Wire

router = APIRouter()


class Changes(Wire):
    name: Name = ""
    image: Image | None = None
    email: Any = None


@router.post("/api/auth/update-user")
async def update_user(changes: Changes, user: CurrentUser, request: Request, response: Response) -> Done:
    if changes.email:
        raise EmailCanNotBeUpdated
    accounts.update_user(user.id, changes.model_dump(exclude_unset=True, exclude={"email"}))
    repeat_session(request, response, user.session)
    return {"status": True}


handler = lambda_handler(router)
