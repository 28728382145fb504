"""GET /api/auth/token -- an access token for other services, good for minutes."""

from fastapi import APIRouter, Request

from gatehouse.http import CurrentMember, CurrentUser, UserBody, lambda_handler
from gatehouse.http.access import for_caller

router = APIRouter()


@router.get("/api/auth/token")
async def token(user: CurrentUser, member: CurrentMember, request: Request) -> dict[str, str]:
    return {"token": for_caller(request, UserBody.of(member.user), member.session, user.proof)}


handler = lambda_handler(router, with_profile=True, holds_secret=True, signs=True)
