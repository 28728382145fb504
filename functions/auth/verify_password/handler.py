"""POST /api/auth/verify-password -- check the password and make the session fresh."""

from fastapi import APIRouter
from pydantic import BaseModel

from gatehouse.accounts import changes
from gatehouse.api_model import StatusBody
from gatehouse.http import AccessPolicy, CurrentAccount, clear_session, lambda_handler

router = APIRouter()


class VerifyPasswordRequest(BaseModel):
    password: str


@router.post("/api/auth/verify-password")
async def verify_password(body: VerifyPasswordRequest, account: CurrentAccount) -> StatusBody:
    changes.verify_password(account, body.password)
    return {"status": True}


handler = lambda_handler(router, AccessPolicy(admits_setup=True, with_profile=True, clear_session=clear_session))
