"""POST /api/auth/refresh -- return new access and refresh tokens, for a refresh token or a session."""

from fastapi import APIRouter, Request
from pydantic import BaseModel

from gatehouse.api.sessions.refresh import refresh_tokens, tokens_for_session
from gatehouse.api.sessions.token_response import TokenResponse
from gatehouse.http import AccessPolicy, lambda_handler

router = APIRouter()


class RefreshRequest(BaseModel):
    refresh_token: str | None = None


@router.post("/api/auth/refresh")
async def refresh(body: RefreshRequest, request: Request) -> TokenResponse:
    return tokens_for_session(request) if body.refresh_token is None else refresh_tokens(request, body.refresh_token)


handler = lambda_handler(router, AccessPolicy(public=True, verifies_cookies=True, signs_tokens=True))
