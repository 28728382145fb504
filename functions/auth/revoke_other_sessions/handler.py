"""POST /api/auth/revoke-other-sessions -- end all sessions of the user except the current one."""

from fastapi import APIRouter

from gatehouse.accounts import changes
from gatehouse.api_model import StatusBody
from gatehouse.http import CurrentUser, lambda_handler

router = APIRouter()


@router.post("/api/auth/revoke-other-sessions")
async def revoke_other_sessions(user: CurrentUser) -> StatusBody:
    changes.end_all_sessions(user.session, keep_current=True)
    return {"status": True}


handler = lambda_handler(router)
