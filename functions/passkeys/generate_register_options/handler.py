"""GET /api/auth/passkey/generate-register-options -- begin to add a passkey: a challenge and what it is for."""

from fastapi import APIRouter, Request, Response

from gatehouse.api.passkeys.option_bodies import CreationOptions
from gatehouse.api.passkeys.options import RegistrationParameters, creation_options
from gatehouse.http import AccessPolicy, FreshAccount, lambda_handler

router = APIRouter()


@router.get("/api/auth/passkey/generate-register-options")
async def generate_register_options(
    account: FreshAccount, query: RegistrationParameters, request: Request, response: Response
) -> CreationOptions:
    return creation_options(account, query, request, response)


handler = lambda_handler(router, AccessPolicy(admits_setup=True, with_profile=True, verifies_cookies=True))
