"""POST /api/auth/passkey/verify-registration -- add the passkey that an authenticator made."""

from fastapi import APIRouter, Request, Response

from gatehouse.api.passkeys.registration import RegisteredBody, RegistrationRequest, add_passkey
from gatehouse.http import AccessPolicy, CurrentClient, FreshAccount, lambda_handler

router = APIRouter()


@router.post("/api/auth/passkey/verify-registration", response_model_exclude_unset=True)
async def verify_registration(
    account: FreshAccount, body: RegistrationRequest, client: CurrentClient, request: Request, response: Response
) -> RegisteredBody:
    return add_passkey(account, body, client, request, response)


handler = lambda_handler(
    router, AccessPolicy(admits_setup=True, with_profile=True, verifies_cookies=True, max_body_size=32 * 1024)
)
