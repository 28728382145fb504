"""POST /api/auth/get-access-token -- a provider's access token for one of the user's accounts, refreshed when due."""

from fastapi import APIRouter

from gatehouse.http import CurrentUser, lambda_handler
from gatehouse.http.provider_tokens import AccessTokenBody, AccountSelection
from gatehouse.oauth.provider_tokens import find_account, valid_tokens

router = APIRouter()


@router.post("/api/auth/get-access-token", response_model_exclude_none=True)
async def get_access_token(selection: AccountSelection, user: CurrentUser) -> AccessTokenBody:
    return AccessTokenBody.of(valid_tokens(find_account(user.id, selection.account_id)))


handler = lambda_handler(router, verifies_cookies=True)
