"""POST /api/auth/delete-user -- delete the user: needs the password, a mailed token or a fresh session."""

from fastapi import APIRouter, Request, Response

from gatehouse.api.accounts.deletion import DeleteAccountRequest, delete_account
from gatehouse.http import AccessPolicy, CurrentAccount, CurrentClient, clear_session, lambda_handler
from gatehouse.http.rate_limits import limit_mail

router = APIRouter()


@router.post("/api/auth/delete-user")
async def delete_user(
    account: CurrentAccount,
    client: CurrentClient,
    request: Request,
    response: Response,
    body: DeleteAccountRequest | None = None,
) -> dict[str, bool | str]:
    return delete_account(account, body or DeleteAccountRequest(), client, request, response)


policy = AccessPolicy(with_profile=True, verifies_cookies=True, rate_limit=limit_mail, clear_session=clear_session)
handler = lambda_handler(router, policy)
