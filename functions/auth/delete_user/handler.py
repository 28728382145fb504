"""POST /api/auth/delete-user -- delete the user, by password, by mailed token, or from a fresh session."""

from fastapi import APIRouter, Request, Response

from gatehouse.http import CurrentAccount, CurrentClient, lambda_handler
from gatehouse.http.account_deletion import DeleteAccountRequest, delete_account

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


handler = lambda_handler(router, with_profile=True, verifies_cookies=True)
