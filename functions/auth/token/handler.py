"""GET /api/auth/token -- return a short-lived access token (JWT) for the session."""

from fastapi import APIRouter, Request

from gatehouse.api.accounts.schemas import UserBody
from gatehouse.api.sessions.access_tokens import access_token_for
from gatehouse.http import AccessPolicy, CurrentAccount, CurrentUser, lambda_handler

router = APIRouter()


@router.get("/api/auth/token")
async def token(user: CurrentUser, account: CurrentAccount, request: Request) -> dict[str, str]:
    return {"token": access_token_for(request, UserBody.of(account.user), account.session, user.credential)}


handler = lambda_handler(router, AccessPolicy(with_profile=True, verifies_cookies=True, signs_tokens=True))
