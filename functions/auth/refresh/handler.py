"""POST /api/auth/refresh -- a new access token, and the next refresh token, for the last one."""

from fastapi import APIRouter, Request
from pydantic import BaseModel

from gatehouse.http import lambda_handler
from gatehouse.http.entry import WithAccess
from gatehouse.http.refreshing import refreshed

router = APIRouter()


class Last(BaseModel):
    refresh_token: str


@router.post("/api/auth/refresh")
async def refresh(last: Last, request: Request) -> WithAccess:
    return refreshed(request, last.refresh_token)


handler = lambda_handler(router, public=True, holds_secret=True)
