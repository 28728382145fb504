"""GET /api/auth/list-accounts -- list the user's sign-in methods: the password and linked accounts."""

from fastapi import APIRouter

from gatehouse.api.accounts.sign_in_methods import AccountBody, sign_in_methods
from gatehouse.http import AccessPolicy, CurrentAccount, lambda_handler

router = APIRouter()


@router.get("/api/auth/list-accounts")
async def list_accounts(account: CurrentAccount) -> list[AccountBody]:
    return sign_in_methods(account.profile)


handler = lambda_handler(router, AccessPolicy(with_profile=True))
