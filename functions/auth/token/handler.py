"""GET /api/auth/token -- an access token for other services, good for minutes."""

from fastapi import APIRouter, Request

from gatehouse.http import CurrentMember, lambda_handler
from gatehouse.http.access import issue

router = APIRouter()


@router.get("/api/auth/token")
async def token(member: CurrentMember, request: Request) -> dict[str, str]:
    return {"token": issue(request, member.user, member.session).text}


handler = lambda_handler(router, with_profile=True, holds_secret=True)
