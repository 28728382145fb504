"""POST /api/auth/get-access-token -- return the provider's access token of a linked account, refreshed if needed."""

from fastapi import APIRouter

from gatehouse.api.oauth.schemas import AccessTokenBody, AccountSelection, access_token_body
from gatehouse.http import AccessPolicy, CurrentUser, lambda_handler
from gatehouse.oauth.provider_tokens import find_account, valid_tokens

router = APIRouter()


@router.post("/api/auth/get-access-token", response_model_exclude_none=True)
async def get_access_token(selection: AccountSelection, user: CurrentUser) -> AccessTokenBody:
    row = find_account(user.id, selection.account_id, selection.provider_id)
    return access_token_body(valid_tokens(row))


handler = lambda_handler(router, AccessPolicy(verifies_cookies=True))
