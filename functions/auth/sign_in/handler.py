"""POST /api/auth/sign-in/email -- sign in with an email address and a password."""

from fastapi import APIRouter

from gatehouse.accounts import flows
from gatehouse.api.sessions.responder import Responder, SignInBody, UserOnly, UserWithSession
from gatehouse.api.sessions.sign_in_attempt import CurrentSignInAttempt
from gatehouse.api.sessions.token_response import TokenResponse
from gatehouse.http import AccessPolicy, lambda_handler
from gatehouse.http.rate_limits import limit_sign_in

router = APIRouter()


@router.post("/api/auth/sign-in/email", response_model_exclude_unset=True)
async def sign_in(attempt: CurrentSignInAttempt, responder: Responder) -> SignInBody:
    return responder.signed_in(*flows.sign_in(attempt), attempt.credentials.callback_url)


@router.post("/api/auth/signin")
async def signin(attempt: CurrentSignInAttempt, responder: Responder) -> UserWithSession:
    return responder.with_session(*flows.sign_in(attempt))


@router.post("/api/auth/login")
async def login(attempt: CurrentSignInAttempt, responder: Responder) -> TokenResponse | UserOnly:
    return responder.with_tokens(*flows.sign_in(attempt))


handler = lambda_handler(
    router, AccessPolicy(public=True, verifies_cookies=True, signs_in=True, rate_limit=limit_sign_in)
)
