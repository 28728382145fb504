"""GET /api/auth/list-sessions -- where the user is signed in; a session's id stands for its token."""

from fastapi import APIRouter

from gatehouse.http import CurrentUser, FreshUser, SessionBody, lambda_handler
from gatehouse.http.schemas import ListedSession
from gatehouse.sessions import active_sessions

router = APIRouter()


@router.get("/api/auth/list-sessions")
async def list_sessions(user: FreshUser) -> list[SessionBody]:
    return [SessionBody.of(session, session.id) for session in active_sessions(user.id, user.session.epoch)]


@router.get("/api/auth/sessions")
async def sessions(user: CurrentUser) -> dict[str, list[ListedSession]]:
    listed = [ListedSession.of(session, user.session) for session in active_sessions(user.id, user.session.epoch)]
    return {"sessions": listed}


handler = lambda_handler(router)
