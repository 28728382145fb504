"""POST /api/auth/passkey/update-passkey -- rename one of the user's passkeys."""

from fastapi import APIRouter

from gatehouse.api.passkeys.schemas import PasskeyBody, RenamingRequest, UpdatedBody
from gatehouse.http import AccessPolicy, CurrentAccount, lambda_handler
from gatehouse.passkeys.own_passkeys import rename_passkey

router = APIRouter()


@router.post("/api/auth/passkey/update-passkey")
async def update_passkey(account: CurrentAccount, body: RenamingRequest) -> UpdatedBody:
    return UpdatedBody(passkey=PasskeyBody.of_row(rename_passkey(account.profile, body.id, body.name)))


handler = lambda_handler(router, AccessPolicy(with_profile=True))
