"""POST /api/auth/request-password-reset -- mail a link that sets a new password; strangers get the same answer."""

from fastapi import APIRouter

from gatehouse import accounts
from gatehouse.accounts import Email
from gatehouse.http import CurrentClient, lambda_handler
from gatehouse.wire import Wire

router = APIRouter()


class Forgetful(Wire):
    email: Email
    redirect_to: str | None = None


@router.post("/api/auth/request-password-reset")
@router.post("/api/auth/forgot-password")
@router.post("/api/auth/forget-password")
async def request_password_reset(forgetful: Forgetful, client: CurrentClient) -> dict[str, bool | str]:
    accounts.request_reset(forgetful.email, client, forgetful.redirect_to)
    message = "If this email exists in our system, check your email for the reset link"
    return {"status": True, "message": message}


handler = lambda_handler(router, public=True, evenly=True)
