"""GET, POST /api/auth/callback/{provider} -- complete a sign-in at a provider and redirect."""

from fastapi import APIRouter, Request, Response

from gatehouse.api.oauth.callback import MAX_FORM_SIZE, handle_callback, redirect_as_get
from gatehouse.http import AccessPolicy, CurrentClient, lambda_handler
from gatehouse.http.rate_limits import limit_callbacks

router = APIRouter()


@router.get("/api/auth/callback/{provider}")
async def oauth_callback(provider: str, request: Request, client: CurrentClient) -> Response:
    return handle_callback(request, client, provider)


@router.post("/api/auth/callback/{provider}")
async def callback(provider: str, request: Request) -> Response:
    return await redirect_as_get(request, provider)


@router.get("/api/auth/oauth/google/callback")
async def back_from_google(request: Request, client: CurrentClient) -> Response:
    return handle_callback(request, client, "google", strict=True)


policy = AccessPolicy(
    public=True, verifies_cookies=True, allow_cross_site=True, rate_limit=limit_callbacks, max_body_size=MAX_FORM_SIZE
)
handler = lambda_handler(router, policy)
