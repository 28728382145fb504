"""POST /api/auth/revoke-other-sessions -- sign the user out everywhere but here."""

from fastapi import APIRouter

from gatehouse import accounts
from gatehouse.http import CurrentUser, Done, lambda_handler

router = APIRouter()


@router.post("/api/auth/revoke-other-sessions")
async def revoke_other_sessions(user: CurrentUser) -> Done:
    accounts.end_all_sessions(user.session, but_this=True)
    return {"status": True}


handler = lambda_handler(router)
