"""POST /api/auth/sign-in/social -- sign in by a provider: its page to go on to, or at once with an ID token."""

from fastapi import APIRouter, Request, Response

from gatehouse.http import CurrentClient, lambda_handler
from gatehouse.http.entry import CurrentEntry, SignedInBody
from gatehouse.http.social import Asked, Place, SentOn, lead_on, let_in, send_on

router = APIRouter()


@router.post("/api/auth/sign-in/social", response_model_exclude_unset=True)
async def sign_in_social(
    asked: Asked, entry: CurrentEntry, client: CurrentClient, request: Request, response: Response
) -> SentOn | SignedInBody:
    if asked.id_token:
        return entry.signed_in(*let_in(asked.provider, asked.id_token, client), None)
    return send_on(request, response, asked)


@router.get("/api/auth/oauth/google")
async def go_to_google(request: Request, redirect_uri: Place = "") -> Response:
    return lead_on(request, "google", redirect_uri)


handler = lambda_handler(router, public=True, holds_secret=True)
