"""POST /api/auth/refresh-token -- newer tokens of a provider for one of the user's accounts."""

from fastapi import APIRouter

from gatehouse.http import CurrentUser, lambda_handler
from gatehouse.http.provider_tokens import AccountSelection, RefreshedTokensBody
from gatehouse.oauth.provider_tokens import find_account, refresh_tokens

router = APIRouter()


@router.post("/api/auth/refresh-token", response_model_exclude_none=True)
async def refresh_token(selection: AccountSelection, user: CurrentUser) -> RefreshedTokensBody:
    row = find_account(user.id, selection.account_id)
    return RefreshedTokensBody.of(row, refresh_tokens(row))


handler = lambda_handler(router, verifies_cookies=True)
