"""POST /api/auth/passkey/update-passkey -- rename one of the user's passkeys."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, StringConstraints

from gatehouse.api.passkeys.schemas import PasskeyBody
from gatehouse.api_model import ApiModel
from gatehouse.http import AccessPolicy, CurrentAccount, lambda_handler
from gatehouse.passkeys.model import PasskeyName
from gatehouse.passkeys.own_passkeys import rename_passkey

router = APIRouter()


class UpdatePasskeyRequest(ApiModel):
    id: str
    name: Annotated[PasskeyName, StringConstraints(min_length=1)]


class UpdatedPasskey(BaseModel):
    passkey: PasskeyBody


@router.post("/api/auth/passkey/update-passkey")
async def update_passkey(account: CurrentAccount, body: UpdatePasskeyRequest) -> UpdatedPasskey:
    return UpdatedPasskey(passkey=PasskeyBody.of_row(rename_passkey(account.profile, body.id, body.name)))


handler = lambda_handler(router, AccessPolicy(with_profile=True))
