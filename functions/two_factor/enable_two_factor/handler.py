"""POST /api/auth/two-factor/enable -- begin to set up an app for codes, or make mailed codes the second factor."""

from fastapi import APIRouter, Request, Response

from gatehouse.api.second_factor.schemas import AppSetup, EnableRequest, MethodBody
from gatehouse.api.sessions.starting import start_session
from gatehouse.http import AccessPolicy, CurrentAccount, CurrentClient, clear_session, lambda_handler
from gatehouse.http.rate_limits import limit_passwords
from gatehouse.second_factor import enrolment
from gatehouse.second_factor.owner import check_owner

router = APIRouter()


@router.post("/api/auth/two-factor/enable")
async def enable_two_factor(
    body: EnableRequest, account: CurrentAccount, client: CurrentClient, request: Request, response: Response
) -> AppSetup | MethodBody:
    check_owner(account, client, password=body.password, code=body.code)
    if body.method == "totp":
        return AppSetup.for_user(enrolment.begin_totp(account, body.issuer), with_image=body.qr_code)
    start_session(request, response, account.user, enrolment.enable_mailed_codes(account, client))
    return MethodBody(method=body.method)


policy = AccessPolicy(
    admits_setup=True,
    with_profile=True,
    verifies_cookies=True,
    rate_limit=limit_passwords,
    clear_session=clear_session,
)
handler = lambda_handler(router, policy)
