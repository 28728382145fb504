"""POST /api/auth/request-password-reset -- mail a password reset link; an unknown address gets the same response."""

from fastapi import APIRouter

from gatehouse.accounts import Email, recovery
from gatehouse.api_model import ApiModel
from gatehouse.http import AccessPolicy, CurrentClient, lambda_handler
from gatehouse.http.rate_limits import limit_mail

router = APIRouter()


class PasswordResetRequest(ApiModel):
    email: Email
    redirect_to: str | None = None


@router.post("/api/auth/request-password-reset")
@router.post("/api/auth/forgot-password")
@router.post("/api/auth/forget-password")
async def request_password_reset(body: PasswordResetRequest, client: CurrentClient) -> dict[str, bool | str]:
    recovery.request_reset(body.email, client, body.redirect_to)
    message = "If this email exists in our system, check your email for the reset link"
    return {"status": True, "message": message}


handler = lambda_handler(router, AccessPolicy(public=True, constant_time=True, rate_limit=limit_mail))
