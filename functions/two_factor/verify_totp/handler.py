"""POST /api/auth/two-factor/verify-totp -- give a code of the app: to sign in, to set it up, or to be fresh."""

from fastapi import APIRouter

from gatehouse.api.second_factor.responses import VerifiedBody, VerifiedResponder
from gatehouse.api.second_factor.verification import CodeRequest, CurrentVerification
from gatehouse.http import AccessPolicy, lambda_handler
from gatehouse.http.rate_limits import limit_sign_in
from gatehouse.second_factor import completing

router = APIRouter()


@router.post("/api/auth/two-factor/verify-totp")
async def verify_totp(
    body: CodeRequest, verification: CurrentVerification, responder: VerifiedResponder
) -> VerifiedBody:
    return responder.verified(completing.verify_totp(verification, body.code))


policy = AccessPolicy(public=True, verifies_cookies=True, signs_in=True, rate_limit=limit_sign_in)
handler = lambda_handler(router, policy)
