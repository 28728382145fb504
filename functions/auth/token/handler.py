"""GET /api/auth/token -- return a short-lived access token (JWT) for the session."""

from fastapi import APIRouter, Request

from gatehouse.api.accounts.schemas import UserBody
from gatehouse.api.sessions.access_tokens import issue_access_token
from gatehouse.http import AccessPolicy, CurrentAccount, lambda_handler

router = APIRouter()


@router.get("/api/auth/token")
async def token(account: CurrentAccount, request: Request) -> dict[str, str]:
    return {"token": issue_access_token(request, UserBody.of(account.user), account.session).text}


handler = lambda_handler(router, AccessPolicy(with_profile=True, verifies_cookies=True, signs_tokens=True))
