"""POST /api/auth/passkey/verify-authentication -- sign in with a passkey, or make the own session fresh."""

from fastapi import APIRouter, Request, Response

from gatehouse.api.passkeys.authentication import AuthenticationRequest, SignedInBody, sign_in_with_passkey
from gatehouse.http import AccessPolicy, CurrentClient, lambda_handler
from gatehouse.http.rate_limits import limit_passwords

router = APIRouter()


@router.post("/api/auth/passkey/verify-authentication")
async def verify_authentication(
    body: AuthenticationRequest, client: CurrentClient, request: Request, response: Response
) -> SignedInBody:
    return sign_in_with_passkey(body.response, client, request, response)


policy = AccessPolicy(
    public=True, verifies_cookies=True, signs_in=True, rate_limit=limit_passwords, max_body_size=32 * 1024
)
handler = lambda_handler(router, policy)
