"""POST /api/auth/verify-email -- redeem the mailed token; GET is the wire protocol's, and consumes for scripts only."""

from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from gatehouse import accounts
from gatehouse.errors import InvalidToken, TokenExpired
from gatehouse.http import UserBody, lambda_handler
from gatehouse.http.links import is_script, onward, page

router = APIRouter()


class MailedToken(BaseModel):
    token: str


@router.post("/api/auth/verify-email")
async def verify_email(sent: MailedToken) -> dict[str, Any]:
    return {"success": True, "status": True, "user": UserBody.of(accounts.verify_email(sent.token))}


@router.get("/api/auth/verify-email", response_model=dict[str, Any])
async def follow_link(request: Request, token: str, callbackURL: str = "") -> Response | dict[str, Any]:
    if not is_script(request):
        return page(request, "/verify-email", token=token, callbackURL=callbackURL)
    try:
        accounts.verify_email(token)
    except (InvalidToken, TokenExpired) as refusal:
        if callbackURL:
            return onward(callbackURL, error=refusal.code)
        raise type(refusal)(status=HTTPStatus.UNAUTHORIZED) from None
    return onward(callbackURL) if callbackURL else {"status": True, "user": None}


handler = lambda_handler(router, public=True, holds_secret=True)
