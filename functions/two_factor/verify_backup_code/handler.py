"""POST /api/auth/two-factor/verify-backup-code -- use up a backup code: to sign in, or to be fresh."""

from fastapi import APIRouter
from pydantic import StrictBool

from gatehouse.api.second_factor.responses import VerifiedBody, VerifiedResponder
from gatehouse.api.second_factor.verification import CodeRequest, CurrentVerification
from gatehouse.http import AccessPolicy, lambda_handler
from gatehouse.http.rate_limits import limit_sign_in
from gatehouse.second_factor import completing

router = APIRouter()


class BackupCodeRequest(CodeRequest):
    disable_session: StrictBool = False


@router.post("/api/auth/two-factor/verify-backup-code")
async def verify_backup_code(
    body: BackupCodeRequest, verification: CurrentVerification, responder: VerifiedResponder
) -> VerifiedBody:
    opens_session = not body.disable_session
    return responder.verified(completing.verify_backup_code(verification, body.code, opens_session=opens_session))


policy = AccessPolicy(public=True, verifies_cookies=True, signs_in=True, rate_limit=limit_sign_in)
handler = lambda_handler(router, policy)
