"""GET /api/auth/list-accounts -- the ways in that the user has."""

from fastapi import APIRouter

from gatehouse.http import CurrentAccount, lambda_handler
from gatehouse.http.account_bodies import AccountBody, account_bodies

router = APIRouter()


@router.get("/api/auth/list-accounts")
async def list_accounts(account: CurrentAccount) -> list[AccountBody]:
    return account_bodies(account.profile)


handler = lambda_handler(router, with_profile=True)
