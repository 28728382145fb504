"""GET /api/auth/delete-user/callback -- delete the signed-in user by a mailed link; browsers are led to a page."""

from fastapi import APIRouter, Request, Response

from gatehouse.api.accounts.deletion import follow_deletion
from gatehouse.http import AccessPolicy, OptionalAccount, lambda_handler

router = APIRouter()


@router.get("/api/auth/delete-user/callback")
async def delete_user_callback(
    account: OptionalAccount, request: Request, token: str, callbackURL: str = ""
) -> Response:
    return follow_deletion(account, request, token, callbackURL)


handler = lambda_handler(router, AccessPolicy(public=True, verifies_cookies=True))
