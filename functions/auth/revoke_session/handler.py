"""POST /api/auth/revoke-session -- end one session of the user's; DELETE by id refuses the current one."""

from fastapi import APIRouter, Request, Response

from gatehouse import sessions
from gatehouse.errors import CannotRevokeCurrentSession, NotFound
from gatehouse.http import CurrentUser, Done, clear_session, lambda_handler
from gatehouse.wire import Wire

router = APIRouter()


class Unwanted(Wire):
    token: str


@router.post("/api/auth/revoke-session")
async def revoke_session(sent: Unwanted, user: CurrentUser, request: Request, response: Response) -> Done:
    if sessions.revoke_named(user.session, sent.token):
        clear_session(request, response)
    return {"status": True}


@router.delete("/api/auth/sessions/{session_id}")
async def delete_session(session_id: str, user: CurrentUser) -> Done:
    if session_id == user.session.id:
        raise CannotRevokeCurrentSession
    if not sessions.revoke_living(user.session, session_id):
        raise NotFound
    return {"success": True}


handler = lambda_handler(router)
