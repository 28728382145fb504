"""POST /api/auth/change-email -- ask to go by another address; the mail that proves it makes the change."""

from fastapi import APIRouter

from gatehouse import accounts
from gatehouse.accounts import Email
from gatehouse.http import CurrentClient, CurrentMember, Done, lambda_handler
from gatehouse.wire import Wire

router = APIRouter()


class Wanted(Wire):
    new_email: Email
    callback_url: str | None = None


@router.post("/api/auth/change-email")
async def change_email(wanted: Wanted, member: CurrentMember, client: CurrentClient) -> Done:
    accounts.change_email(member, wanted.new_email, client, wanted.callback_url)
    return {"status": True}


handler = lambda_handler(router, with_profile=True, evenly=True)
