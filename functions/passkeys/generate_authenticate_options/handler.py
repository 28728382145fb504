"""GET /api/auth/passkey/generate-authenticate-options -- begin to sign in with a passkey, or to confirm who one is."""

from fastapi import APIRouter, Request, Response

from gatehouse.api.passkeys.option_bodies import RequestOptions
from gatehouse.api.passkeys.options import request_options
from gatehouse.http import AccessPolicy, lambda_handler

router = APIRouter()


@router.get("/api/auth/passkey/generate-authenticate-options")
async def generate_authenticate_options(request: Request, response: Response) -> RequestOptions:
    return request_options(request, response)


handler = lambda_handler(router, AccessPolicy(public=True, verifies_cookies=True))
