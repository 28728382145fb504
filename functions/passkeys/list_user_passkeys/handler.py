"""GET /api/auth/passkey/list-user-passkeys -- list the user's passkeys, the oldest first."""

from fastapi import APIRouter

from gatehouse.api.passkeys.schemas import PasskeyBody
from gatehouse.http import AccessPolicy, CurrentAccount, lambda_handler
from gatehouse.passkeys.own_passkeys import passkeys_of

router = APIRouter()


@router.get("/api/auth/passkey/list-user-passkeys")
async def list_user_passkeys(account: CurrentAccount) -> list[PasskeyBody]:
    return [PasskeyBody.of_row(row) for row in passkeys_of(account.profile)]


handler = lambda_handler(router, AccessPolicy(with_profile=True))
