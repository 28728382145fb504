"""POST /api/auth/refresh -- a new access token, and the next refresh token, for the last one or for a session."""

from fastapi import APIRouter, Request
from pydantic import BaseModel

from gatehouse.http import lambda_handler
from gatehouse.http.entry import WithAccess
from gatehouse.http.refreshing import begun, refreshed

router = APIRouter()


class Last(BaseModel):
    refresh_token: str | None = None


@router.post("/api/auth/refresh")
async def refresh(last: Last, request: Request) -> WithAccess:
    return begun(request) if last.refresh_token is None else refreshed(request, last.refresh_token)


handler = lambda_handler(router, public=True, holds_secret=True, signs=True)
