"""POST /api/auth/change-password -- change the password and end all other sessions."""

from fastapi import APIRouter, Request, Response
from pydantic import StrictBool

from gatehouse.accounts import changes
from gatehouse.api.accounts.schemas import UserBody
from gatehouse.api.sessions.starting import start_session
from gatehouse.api_model import ApiModel
from gatehouse.http import AccessPolicy, CurrentAccount, CurrentClient, clear_session, lambda_handler
from gatehouse.http.rate_limits import limit_passwords

router = APIRouter()


class PasswordChangeRequest(ApiModel):
    current_password: str
    new_password: str
    revoke_other_sessions: StrictBool = False


@router.post("/api/auth/change-password")
async def change_password(
    body: PasswordChangeRequest, account: CurrentAccount, client: CurrentClient, request: Request, response: Response
) -> dict[str, object]:
    replace = body.revoke_other_sessions
    issued = changes.change_password(account, body.current_password, body.new_password, client, replace=replace)
    start_session(request, response, account.user, issued)
    return {"token": str(issued.token) if issued else None, "user": UserBody.of(account.user)}


policy = AccessPolicy(with_profile=True, verifies_cookies=True, rate_limit=limit_passwords, clear_session=clear_session)
handler = lambda_handler(router, policy)
