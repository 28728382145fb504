"""POST /api/auth/sign-in/social -- sign in by a provider: its page to go on to, or at once with an ID token."""

from fastapi import APIRouter, Request, Response

from gatehouse.http import CurrentClient, lambda_handler
from gatehouse.http.auth_responder import Responder, SignInBody
from gatehouse.http.social_sign_in import (
    ProviderRedirect,
    RedirectTarget,
    SocialSignInRequest,
    redirect_to_provider,
    sign_in_with_id_token,
    start_authorization,
)

router = APIRouter()


@router.post("/api/auth/sign-in/social", response_model_exclude_unset=True)
async def sign_in_social(
    body: SocialSignInRequest, responder: Responder, client: CurrentClient, request: Request, response: Response
) -> ProviderRedirect | SignInBody:
    if body.id_token:
        return responder.signed_in(*sign_in_with_id_token(body.provider, body.id_token, client), None)
    return start_authorization(request, response, body)


@router.get("/api/auth/oauth/google")
async def go_to_google(request: Request, redirect_uri: RedirectTarget = "") -> Response:
    return redirect_to_provider(request, "google", redirect_uri)


handler = lambda_handler(router, public=True, verifies_cookies=True)
