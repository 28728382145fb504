"""POST /api/auth/refresh-token -- refresh a provider's tokens for a linked account."""

from fastapi import APIRouter

from gatehouse.api.oauth.schemas import AccountSelection, RefreshedTokensBody, refreshed_tokens_body
from gatehouse.http import AccessPolicy, CurrentUser, lambda_handler
from gatehouse.oauth.provider_tokens import find_account, refresh_tokens

router = APIRouter()


@router.post("/api/auth/refresh-token", response_model_exclude_none=True)
async def refresh_token(selection: AccountSelection, user: CurrentUser) -> RefreshedTokensBody:
    row = find_account(user.id, selection.account_id, selection.provider_id)
    return refreshed_tokens_body(row, refresh_tokens(row))


handler = lambda_handler(router, AccessPolicy(verifies_cookies=True))
