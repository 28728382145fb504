"""POST /api/auth/get-access-token -- a provider's access token for one of the user's accounts, refreshed when due."""

from fastapi import APIRouter

from gatehouse.http import CurrentUser, lambda_handler
from gatehouse.http.provider_tokens import AccessTokenBody, Selected
from gatehouse.oauth.borrowing import account, good

router = APIRouter()


@router.post("/api/auth/get-access-token", response_model_exclude_none=True)
async def get_access_token(selected: Selected, user: CurrentUser) -> AccessTokenBody:
    return AccessTokenBody.of(good(account(user.id, selected.account_id)))


handler = lambda_handler(router, holds_secret=True)
