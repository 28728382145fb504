"""POST /api/auth/unlink-account -- remove a sign-in method, but not the last one."""

from fastapi import APIRouter

from gatehouse.api_model import ApiModel, StatusBody
from gatehouse.http import AccessPolicy, FreshAccount, lambda_handler
from gatehouse.oauth.unlinking import unlink

router = APIRouter()


class UnlinkAccountRequest(ApiModel):
    account_id: str


@router.post("/api/auth/unlink-account")
async def unlink_account(account: FreshAccount, body: UnlinkAccountRequest) -> StatusBody:
    unlink(account.profile, body.account_id)
    return {"status": True}


handler = lambda_handler(router, AccessPolicy(with_profile=True))
