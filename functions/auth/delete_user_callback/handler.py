"""GET /api/auth/delete-user/callback -- delete the signed-in user by a mailed link."""

from fastapi import APIRouter, Request, Response

from gatehouse.api.accounts.deletion import delete_account_by_link
from gatehouse.errors import UserInfoNotFound
from gatehouse.http import AccessPolicy, OptionalAccount, lambda_handler

router = APIRouter()


@router.get("/api/auth/delete-user/callback")
async def delete_user_callback(
    account: OptionalAccount, request: Request, token: str, callbackURL: str = ""
) -> Response:
    if account is None:
        raise UserInfoNotFound
    return delete_account_by_link(account, token, request, callbackURL)


handler = lambda_handler(router, AccessPolicy(public=True, verifies_cookies=True))
