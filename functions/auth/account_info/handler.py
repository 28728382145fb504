"""GET /api/auth/account-info -- return what the provider's last ID token says about the user."""

from typing import Annotated

from fastapi import APIRouter, Query

from gatehouse.api.oauth.schemas import AccountInfoBody, AccountSelection, account_info_body
from gatehouse.errors.providers import ProviderNotConfigured
from gatehouse.http import AccessPolicy, CurrentUser, lambda_handler
from gatehouse.oauth.provider_tokens import find_account
from gatehouse.oauth.token_storage import load_tokens

router = APIRouter()


@router.get("/api/auth/account-info", response_model_exclude_none=True)
async def account_info(selection: Annotated[AccountSelection, Query()], user: CurrentUser) -> AccountInfoBody:
    row = find_account(user.id, selection.account_id, selection.provider_id, ProviderNotConfigured)
    return account_info_body(row, load_tokens(row))


handler = lambda_handler(router, AccessPolicy(verifies_cookies=True))
