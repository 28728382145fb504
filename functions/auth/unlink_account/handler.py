"""POST /api/auth/unlink-account -- give up a way in, but not the last one."""

from fastapi import APIRouter

from gatehouse.http import CurrentMember, Done, FreshUser, lambda_handler
from gatehouse.oauth.unlinking import unlink
from gatehouse.wire import Wire

router = APIRouter()


class Unwanted(Wire):
    account_id: str


@router.post("/api/auth/unlink-account")
async def unlink_account(_fresh: FreshUser, member: CurrentMember, unwanted: Unwanted) -> Done:
    unlink(member.profile, unwanted.account_id)
    return {"status": True}


handler = lambda_handler(router, with_profile=True)
