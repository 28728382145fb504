"""POST /api/auth/sign-in/social -- sign in with a provider: returns its URL, or a session for an ID token."""

from fastapi import APIRouter, Request, Response

from gatehouse.api.oauth import sign_in as social
from gatehouse.api.sessions.responder import ChallengeBody, Responder, SignInBody
from gatehouse.http import AccessPolicy, CurrentClient, lambda_handler
from gatehouse.http.rate_limits import limit_passwords

router = APIRouter()


@router.post("/api/auth/sign-in/social", response_model_exclude_unset=True)
async def sign_in_social(
    body: social.SocialSignInRequest, responder: Responder, client: CurrentClient, request: Request, response: Response
) -> social.ProviderRedirect | SignInBody | ChallengeBody:
    if body.id_token:
        return responder.opened(
            *social.sign_in_with_id_token(body.provider, body.id_token, client), responder.signed_in
        )
    return social.start_authorization(request, response, body)


@router.get("/api/auth/oauth/google")
async def go_to_google(request: Request, redirect_uri: social.RedirectTarget = "") -> Response:
    return social.redirect_to_provider(request, "google", redirect_uri)


handler = lambda_handler(
    router, AccessPolicy(public=True, verifies_cookies=True, signs_in=True, rate_limit=limit_passwords)
)
