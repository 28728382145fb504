"""POST /api/auth/passkey/delete-passkey -- delete one of the user's passkeys, but not their last way to sign in."""

from fastapi import APIRouter

from gatehouse.api_model import ApiModel, StatusBody
from gatehouse.http import AccessPolicy, CurrentClient, FreshAccount, lambda_handler
from gatehouse.passkeys import own_passkeys

router = APIRouter()


class DeletePasskeyRequest(ApiModel):
    id: str


@router.post("/api/auth/passkey/delete-passkey")
async def delete_passkey(account: FreshAccount, body: DeletePasskeyRequest, client: CurrentClient) -> StatusBody:
    own_passkeys.delete_passkey(account, body.id, client)
    return {"status": True}


handler = lambda_handler(router, AccessPolicy(with_profile=True))
