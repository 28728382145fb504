"""GET /api/auth/account-info -- what a provider said of the user when they last came from there."""

from fastapi import APIRouter

from gatehouse.http import CurrentUser, lambda_handler
from gatehouse.http.provider_tokens import InfoBody
from gatehouse.oauth.borrowing import account
from gatehouse.oauth.vault import kept

router = APIRouter()


@router.get("/api/auth/account-info")
async def account_info(user: CurrentUser, accountId: str = "") -> InfoBody:
    row = account(user.id, accountId)
    return InfoBody.of(row, kept(row))


handler = lambda_handler(router, holds_secret=True)
