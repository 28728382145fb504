"""POST /api/auth/reset-password -- set a new password with a mailed token; GET leads the mailed link to its page."""

from fastapi import APIRouter, Request, Response
from pydantic import AliasChoices, BaseModel, Field

from gatehouse import accounts
from gatehouse.errors import InvalidToken, TokenExpired
from gatehouse.http import lambda_handler
from gatehouse.http.links import absolute, onward

router = APIRouter()


class NewPassword(BaseModel):
    new_password: str = Field(validation_alias=AliasChoices("newPassword", "password"))
    token: str | None = None


@router.post("/api/auth/reset-password")
async def reset_password(new: NewPassword, token: str = "") -> dict[str, bool]:
    accounts.reset_password(new.token or token, new.new_password)
    return {"status": True}


@router.get("/api/auth/reset-password/{token}")
async def follow_link(request: Request, token: str, callbackURL: str) -> Response:
    try:
        accounts.check_reset(token)
    except (InvalidToken, TokenExpired):
        return onward(absolute(request, callbackURL or "/reset-password"), error=InvalidToken.code)
    return onward(absolute(request, callbackURL or "/reset-password"), token=token)


handler = lambda_handler(router, public=True, holds_secret=True)
