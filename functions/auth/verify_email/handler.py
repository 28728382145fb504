"""POST /api/auth/verify-email -- redeem a mailed token; GET is the wire protocol's, and consumes for scripts only."""

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from gatehouse import accounts
from gatehouse.http import CurrentClient, UserBody, lambda_handler
from gatehouse.http.entry import begin_session
from gatehouse.http.links import follow_verification, is_script, page

router = APIRouter()


class MailedToken(BaseModel):
    token: str


@router.post("/api/auth/verify-email")
async def verify_email(
    sent: MailedToken, client: CurrentClient, request: Request, response: Response
) -> dict[str, Any]:
    verified = accounts.verify_email(sent.token, client)
    begin_session(request, response, verified.user, verified.opened)
    return {"success": True, "status": True, "user": UserBody.of(verified.user)}


@router.get("/api/auth/verify-email")
async def follow_link(request: Request, client: CurrentClient, token: str, callbackURL: str = "") -> Response:
    if not is_script(request):
        return page(request, "/verify-email", token=token, callbackURL=callbackURL)
    return follow_verification(request, client, token, callbackURL)


handler = lambda_handler(router, public=True, holds_secret=True)
