"""POST /api/auth/unlink-account -- remove a sign-in method, but not the last one."""

from typing import Self

from fastapi import APIRouter
from pydantic import model_validator

from gatehouse.api_model import ApiModel, StatusBody
from gatehouse.http import AccessPolicy, FreshAccount, lambda_handler
from gatehouse.oauth.unlinking import unlink

router = APIRouter()


class UnlinkAccountRequest(ApiModel):
    account_id: str | None = None
    provider_id: str | None = None

    @model_validator(mode="after")
    def _check_any(self) -> Self:
        if self.account_id is None and not self.provider_id:
            raise ValueError("Send accountId or providerId")
        return self


@router.post("/api/auth/unlink-account")
async def unlink_account(account: FreshAccount, body: UnlinkAccountRequest) -> StatusBody:
    unlink(account.profile, body.account_id, body.provider_id)
    return {"status": True}


handler = lambda_handler(router, AccessPolicy(with_profile=True))
