"""POST /api/auth/refresh-token -- newer tokens of a provider for one of the user's accounts."""

from fastapi import APIRouter

from gatehouse.http import CurrentUser, lambda_handler
from gatehouse.http.provider_tokens import RefreshedBody, Selected
from gatehouse.oauth.borrowing import account, newer

router = APIRouter()


@router.post("/api/auth/refresh-token", response_model_exclude_none=True)
async def refresh_token(selected: Selected, user: CurrentUser) -> RefreshedBody:
    row = account(user.id, selected.account_id)
    return RefreshedBody.of(row, newer(row))


handler = lambda_handler(router, holds_secret=True)
