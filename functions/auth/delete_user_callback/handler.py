"""GET /api/auth/delete-user/callback -- the mailed link that deletes the user who is signed in."""

from fastapi import APIRouter, Request, Response

from gatehouse.errors import UserInfoNotFound
from gatehouse.http import PossibleMember, lambda_handler
from gatehouse.http.leaving import leave_by_link

router = APIRouter()


@router.get("/api/auth/delete-user/callback")
async def delete_user_callback(member: PossibleMember, request: Request, token: str, callbackURL: str = "") -> Response:
    if member is None:
        raise UserInfoNotFound
    return leave_by_link(member, token, request, callbackURL)


handler = lambda_handler(router, public=True, holds_secret=True)
