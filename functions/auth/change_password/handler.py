"""POST /api/auth/change-password -- set a new password with the old one; every other session ends."""

from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import StrictBool

from gatehouse import accounts
from gatehouse.http import CurrentClient, CurrentMember, UserBody, begin_session, lambda_handler
from gatehouse.wire import Wire

router = APIRouter()


class Passwords(Wire):
    current_password: str
    new_password: str
    revoke_other_sessions: StrictBool = False


@router.post("/api/auth/change-password")
async def change_password(
    given: Passwords, member: CurrentMember, client: CurrentClient, request: Request, response: Response
) -> dict[str, Any]:
    replace = given.revoke_other_sessions
    opened = accounts.change_password(member, given.current_password, given.new_password, client, replace=replace)
    begin_session(request, response, member.user, opened)
    return {"token": str(opened.token) if opened else None, "user": UserBody.of(member.user)}


handler = lambda_handler(router, with_profile=True, holds_secret=True)
