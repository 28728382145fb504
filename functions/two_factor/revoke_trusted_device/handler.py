"""POST /api/auth/revoke-trusted-device -- ask for the second factor again on a device."""

from fastapi import APIRouter
from pydantic import BaseModel

from gatehouse.accounts.trusted_devices import revoke_trust
from gatehouse.api_model import StatusBody
from gatehouse.http import CurrentUser, lambda_handler

router = APIRouter()


class RevokeRequest(BaseModel):
    id: str


@router.post("/api/auth/revoke-trusted-device")
async def revoke_trusted_device(user: CurrentUser, body: RevokeRequest) -> StatusBody:
    revoke_trust(user.id, body.id)
    return {"status": True}


handler = lambda_handler(router)
