"""POST /api/auth/reset-password -- set a new password with a mailed token; GET redirects a mailed link to its page."""

from fastapi import APIRouter, Request, Response
from pydantic import AliasChoices, BaseModel, Field

from gatehouse.accounts import recovery
from gatehouse.api.accounts.mailed_links import follow_reset
from gatehouse.api_model import StatusBody
from gatehouse.http import AccessPolicy, lambda_handler
from gatehouse.http.known_device import remember_device

router = APIRouter()


class NewPassword(BaseModel):
    new_password: str = Field(validation_alias=AliasChoices("newPassword", "password"))
    token: str | None = None


@router.post("/api/auth/reset-password")
async def reset_password(new: NewPassword, request: Request, response: Response, token: str = "") -> StatusBody:
    email = recovery.reset_password(new.token or token, new.new_password)
    remember_device(request, response, email, signed_in=False)
    return {"status": True}


@router.get("/api/auth/reset-password/{token}")
async def follow_link(request: Request, token: str, callbackURL: str) -> Response:
    return follow_reset(request, token, callbackURL)


handler = lambda_handler(router, AccessPolicy(public=True, verifies_cookies=True))
