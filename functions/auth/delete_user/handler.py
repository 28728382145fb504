"""POST /api/auth/delete-user -- delete the user, by password, by mailed token, or from a fresh session."""

from fastapi import APIRouter, Request, Response

from gatehouse.http import CurrentClient, CurrentMember, lambda_handler
from gatehouse.http.leaving import Leave, leave

router = APIRouter()


@router.post("/api/auth/delete-user")
async def delete_user(
    member: CurrentMember, client: CurrentClient, request: Request, response: Response, given: Leave | None = None
) -> dict[str, bool | str]:
    return leave(member, given or Leave(), client, request, response)


handler = lambda_handler(router, with_profile=True, holds_secret=True)
