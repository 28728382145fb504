"""GET /api/auth/get-session -- return the current session and its user, or null; renews the session once a day."""

from fastapi import APIRouter

from gatehouse.api.accounts.schemas import OwnUserBody
from gatehouse.api.sessions.current import CurrentSession, NoSession, SessionAndUser
from gatehouse.errors import Unauthorized
from gatehouse.http import AccessPolicy, lambda_handler

router = APIRouter()


@router.get("/api/auth/get-session")
async def get_session(current: CurrentSession) -> SessionAndUser | None:
    return current


@router.get("/api/auth/session")
async def session(current: CurrentSession) -> SessionAndUser | NoSession:
    return current or NoSession()


@router.get("/api/auth/me")
async def me(current: CurrentSession) -> dict[str, OwnUserBody]:
    if not current:
        raise Unauthorized
    return {"user": current.user}


handler = lambda_handler(
    router, AccessPolicy(public=True, admits_access_tokens=True, verifies_cookies=True, signs_tokens=True)
)
