"""POST /api/auth/two-factor/send-otp -- mail a code for the sign-in that waits, or for the session."""

from fastapi import APIRouter, Request

from gatehouse.api.second_factor.verification import PendingRequest, find_verification
from gatehouse.api_model import StatusBody
from gatehouse.http import AccessPolicy, CurrentClient, lambda_handler
from gatehouse.http.rate_limits import limit_mail
from gatehouse.second_factor.mailed_codes import send_code

router = APIRouter()


@router.post("/api/auth/two-factor/send-otp")
async def send_otp(request: Request, client: CurrentClient, body: PendingRequest | None = None) -> StatusBody:
    token = body.two_factor_token if body else None
    send_code(find_verification(request, client, token))
    return {"status": True}


handler = lambda_handler(router, AccessPolicy(public=True, verifies_cookies=True, rate_limit=limit_mail))
