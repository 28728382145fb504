"""POST /api/auth/change-email -- start a change of email address; a mailed link completes it."""

from fastapi import APIRouter

from gatehouse.accounts import Email, changes
from gatehouse.api_model import ApiModel, StatusBody
from gatehouse.http import AccessPolicy, CurrentClient, FreshAccount, lambda_handler
from gatehouse.http.rate_limits import limit_passwords

router = APIRouter()


class EmailChangeRequest(ApiModel):
    new_email: Email
    callback_url: str | None = None


@router.post("/api/auth/change-email")
async def change_email(body: EmailChangeRequest, account: FreshAccount, client: CurrentClient) -> StatusBody:
    changes.change_email(account, body.new_email, client, body.callback_url)
    return {"status": True}


handler = lambda_handler(router, AccessPolicy(with_profile=True, constant_time=True, rate_limit=limit_passwords))
