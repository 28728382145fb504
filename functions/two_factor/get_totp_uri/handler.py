"""POST /api/auth/two-factor/get-totp-uri -- show the secret of the app again."""

from fastapi import APIRouter
from pydantic import StrictBool

from gatehouse.api.second_factor.schemas import OwnerRequest, TotpUri
from gatehouse.http import AccessPolicy, CurrentAccount, CurrentClient, clear_session, lambda_handler
from gatehouse.http.rate_limits import limit_passwords
from gatehouse.second_factor import enrolment
from gatehouse.second_factor.owner import check_owner

router = APIRouter()


class UriRequest(OwnerRequest):
    qr_code: StrictBool = False


@router.post("/api/auth/two-factor/get-totp-uri")
async def get_totp_uri(body: UriRequest, account: CurrentAccount, client: CurrentClient) -> TotpUri:
    check_owner(account, client, password=body.password, code=body.code)
    return TotpUri.showing(enrolment.totp_uri(account), with_image=body.qr_code)


policy = AccessPolicy(
    with_profile=True,
    verifies_cookies=True,
    rate_limit=limit_passwords,
    clear_session=clear_session,
)
handler = lambda_handler(router, policy)
