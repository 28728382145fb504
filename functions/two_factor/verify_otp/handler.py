"""POST /api/auth/two-factor/verify-otp -- give a mailed code: to sign in, to be fresh, or to turn this factor on."""

from fastapi import APIRouter

from gatehouse.api.second_factor.responses import VerifiedBody, VerifiedResponder
from gatehouse.api.second_factor.verification import CodeRequest, CurrentVerification
from gatehouse.http import AccessPolicy, lambda_handler
from gatehouse.http.rate_limits import limit_sign_in
from gatehouse.second_factor.completing import verify_mailed_code
from gatehouse.second_factor.mailed_codes import find_code

router = APIRouter()


@router.post("/api/auth/two-factor/verify-otp")
async def verify_otp(
    body: CodeRequest, verification: CurrentVerification, responder: VerifiedResponder
) -> VerifiedBody:
    mailed = find_code(verification.profile.user_id)
    return responder.verified(verify_mailed_code(verification, body.code, mailed))


policy = AccessPolicy(public=True, verifies_cookies=True, signs_in=True, rate_limit=limit_sign_in)
handler = lambda_handler(router, policy)
