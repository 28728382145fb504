"""POST /api/auth/link-social -- link an account at a provider to the signed-in user."""

from fastapi import APIRouter, Request, Response

from gatehouse.api.oauth.sign_in import (
    LinkedBody,
    ProviderRedirect,
    SocialSignInRequest,
    link_with_id_token,
    start_authorization,
)
from gatehouse.http import AccessPolicy, CurrentClient, FreshUser, lambda_handler

router = APIRouter()


@router.post("/api/auth/link-social")
async def link_social(
    body: SocialSignInRequest, user: FreshUser, client: CurrentClient, request: Request, response: Response
) -> ProviderRedirect | LinkedBody:
    if body.id_token:
        return link_with_id_token(body.provider, body.id_token, user.session, client)
    return start_authorization(request, response, body, user.session)


handler = lambda_handler(router, AccessPolicy(verifies_cookies=True))
