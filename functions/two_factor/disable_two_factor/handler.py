"""POST /api/auth/two-factor/disable -- turn the second factor off, which ends all other sessions and trust."""

from fastapi import APIRouter, Request, Response

from gatehouse.api.second_factor.responses import forget_device
from gatehouse.api.second_factor.schemas import OwnerRequest
from gatehouse.api.sessions.starting import start_session
from gatehouse.api_model import StatusBody
from gatehouse.http import AccessPolicy, CurrentAccount, CurrentClient, clear_session, lambda_handler
from gatehouse.http.rate_limits import limit_passwords
from gatehouse.second_factor import enrolment
from gatehouse.second_factor.owner import check_owner

router = APIRouter()


@router.post("/api/auth/two-factor/disable")
async def disable_two_factor(
    body: OwnerRequest, account: CurrentAccount, client: CurrentClient, request: Request, response: Response
) -> StatusBody:
    check_owner(account, client, password=body.password, code=body.code)
    issued = enrolment.disable(account, client)
    start_session(request, response, account.user, issued)
    forget_device(request, response)
    return {"status": True}


policy = AccessPolicy(with_profile=True, verifies_cookies=True, rate_limit=limit_passwords, clear_session=clear_session)
handler = lambda_handler(router, policy)
