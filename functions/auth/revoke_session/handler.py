"""POST /api/auth/revoke-session -- end one session of the user; DELETE by id refuses the current session."""

from fastapi import APIRouter, Request, Response

from gatehouse import sessions
from gatehouse.api_model import ApiModel, StatusBody
from gatehouse.errors import CannotRevokeCurrentSession, NotFound
from gatehouse.http import CurrentUser, clear_session, lambda_handler

router = APIRouter()


class RevokeRequest(ApiModel):
    token: str


@router.post("/api/auth/revoke-session")
async def revoke_session(body: RevokeRequest, user: CurrentUser, request: Request, response: Response) -> StatusBody:
    if sessions.revoke_named(user.session, body.token):
        clear_session(request, response)
    return {"status": True}


@router.delete("/api/auth/sessions/{session_id}")
async def delete_session(session_id: str, user: CurrentUser) -> StatusBody:
    if session_id == user.session.id:
        raise CannotRevokeCurrentSession
    if not sessions.revoke_active(user.session, session_id):
        raise NotFound
    return {"success": True}


handler = lambda_handler(router)
