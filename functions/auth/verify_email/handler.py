"""POST /api/auth/verify-email -- verify an address with a mailed token, or undo its change; GET leads to a page."""

from fastapi import APIRouter, Request, Response

from gatehouse.accounts import undo
from gatehouse.api.accounts.mailed_links import follow_verification
from gatehouse.api.accounts.redemption import CurrentRedemption
from gatehouse.api.sessions.verification import VerifiedUserBody, verified_user
from gatehouse.http import AccessPolicy, CurrentClient, lambda_handler

router = APIRouter()


@router.post("/api/auth/verify-email")
async def verify_email(redemption: CurrentRedemption, request: Request, response: Response) -> VerifiedUserBody:
    return verified_user(request, response, undo.verify_or_undo(redemption))


@router.get("/api/auth/verify-email")
async def follow_link(request: Request, client: CurrentClient, token: str, callbackURL: str = "") -> Response:
    return follow_verification(request, client, token, callbackURL)


handler = lambda_handler(router, AccessPolicy(public=True, verifies_cookies=True, signs_in=True))
