"""POST /api/auth/send-verification-email -- mail a verification link; an unknown address gets the same response."""

from fastapi import APIRouter

from gatehouse.accounts import Email, verification
from gatehouse.api_model import ApiModel, StatusBody
from gatehouse.http import AccessPolicy, CurrentClient, OptionalAccount, lambda_handler
from gatehouse.http.rate_limits import limit_mail

router = APIRouter()


class VerificationRequest(ApiModel):
    email: Email
    callback_url: str | None = None


@router.post("/api/auth/send-verification-email")
async def send_verification_email(
    body: VerificationRequest, client: CurrentClient, account: OptionalAccount
) -> StatusBody:
    if account:
        verification.check_unverified(account.user, body.email)
    verification.request_verification(body.email, client, body.callback_url)
    return {"status": True}


@router.post("/api/auth/resend-verification")
async def resend_verification(body: VerificationRequest, client: CurrentClient, account: OptionalAccount) -> StatusBody:
    return {"success": True, **await send_verification_email(body, client, account)}


handler = lambda_handler(router, AccessPolicy(public=True, constant_time=True, rate_limit=limit_mail))
