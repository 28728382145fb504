"""POST /api/auth/revoke-sessions -- end all sessions of the user, including the current one."""

from fastapi import APIRouter, Request, Response

from gatehouse.accounts import changes
from gatehouse.api_model import StatusBody
from gatehouse.http import CurrentUser, clear_session, lambda_handler

router = APIRouter()


@router.post("/api/auth/revoke-sessions")
async def revoke_sessions(user: CurrentUser, request: Request, response: Response) -> StatusBody:
    changes.end_all_sessions(user.session, keep_current=False)
    clear_session(request, response)
    return {"status": True}


handler = lambda_handler(router)
