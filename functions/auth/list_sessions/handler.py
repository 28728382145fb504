"""GET /api/auth/list-sessions -- list the user's active sessions, with ids instead of tokens."""

from fastapi import APIRouter

from gatehouse.api.sessions.listing import ListedSession, listed_session
from gatehouse.api.sessions.schemas import SessionBody
from gatehouse.http import CurrentUser, FreshUser, lambda_handler
from gatehouse.sessions import active_sessions

router = APIRouter()


@router.get("/api/auth/list-sessions")
async def list_sessions(user: FreshUser) -> list[SessionBody]:
    return [SessionBody.of(session, token=session.id) for session in active_sessions(user.id, user.session.epoch)]


@router.get("/api/auth/sessions")
async def sessions(user: CurrentUser) -> dict[str, list[ListedSession]]:
    listed = [listed_session(session, user.session) for session in active_sessions(user.id, user.session.epoch)]
    return {"sessions": listed}


handler = lambda_handler(router)
