"""GET /api/auth/account-info -- what a provider said of the user when they last came from there."""

from typing import Annotated

from fastapi import APIRouter, Query

from gatehouse.errors import ProviderNotConfigured
from gatehouse.http import CurrentUser, lambda_handler
from gatehouse.http.provider_tokens import InfoBody, Selected
from gatehouse.oauth.borrowing import account
from gatehouse.oauth.vault import kept

router = APIRouter()


@router.get("/api/auth/account-info", response_model_exclude_none=True)
async def account_info(selected: Annotated[Selected, Query()], user: CurrentUser) -> InfoBody:
    row = account(user.id, selected.account_id, ProviderNotConfigured)
    return InfoBody.of(row, kept(row))


handler = lambda_handler(router, holds_secret=True)
