"""POST /api/auth/update-user -- change the user's name, picture, time zone or task reminders."""

from fastapi import APIRouter, Request, Response

from gatehouse.accounts import ProfileChanges, profile
from gatehouse.api_model import StatusBody
from gatehouse.errors.accounts import EmailCanNotBeUpdated
from gatehouse.http import AccessPolicy, CurrentAccount, CurrentClient, lambda_handler, resend_session

router = APIRouter()


@router.post("/api/auth/update-user")
async def update_user(
    changes: ProfileChanges, account: CurrentAccount, client: CurrentClient, request: Request, response: Response
) -> StatusBody:
    if changes.email:
        raise EmailCanNotBeUpdated
    given = changes.model_dump(exclude_unset=True, exclude={"email"})
    profile.update_user(account.profile, given, client)
    resend_session(request, response, account.session)
    return {"status": True}


handler = lambda_handler(router, AccessPolicy(with_profile=True))
