"""POST /api/auth/send-verification-email -- mail the verification link again; strangers get the same answer."""

from fastapi import APIRouter

from gatehouse import accounts
from gatehouse.accounts import Email
from gatehouse.http import CurrentClient, Done, PossibleMember, lambda_handler
from gatehouse.wire import Wire

router = APIRouter()


class Waiting(Wire):
    email: Email
    callback_url: str | None = None


@router.post("/api/auth/send-verification-email")
async def send_verification_email(waiting: Waiting, client: CurrentClient, member: PossibleMember) -> Done:
    if member:
        accounts.check_own(member.user, waiting.email)
    accounts.request_verification(waiting.email, client, waiting.callback_url)
    return {"status": True}


@router.post("/api/auth/resend-verification")
async def resend_verification(waiting: Waiting, client: CurrentClient, member: PossibleMember) -> Done:
    return {"success": True, **await send_verification_email(waiting, client, member)}


handler = lambda_handler(router, public=True, evenly=True)
