"""POST /api/auth/sign-in/email -- sign in with an email address and a password."""

from fastapi import APIRouter

from gatehouse.accounts import flows
from gatehouse.accounts.challenges import ResponseForm
from gatehouse.api.sessions.responder import ChallengeBody, Responder, SignInBody, UserWithSession
from gatehouse.api.sessions.sign_in_attempt import CurrentSignInAttempt
from gatehouse.api.sessions.token_response import TokenResponse
from gatehouse.http import AccessPolicy, lambda_handler
from gatehouse.http.rate_limits import limit_sign_in

router = APIRouter()


@router.post("/api/auth/sign-in/email", response_model_exclude_unset=True)
async def sign_in(attempt: CurrentSignInAttempt, responder: Responder) -> SignInBody | ChallengeBody:
    url = attempt.credentials.callback_url
    return responder.opened(*flows.sign_in(attempt), lambda user, issued: responder.signed_in(user, issued, url))


@router.post("/api/auth/signin")
async def signin(attempt: CurrentSignInAttempt, responder: Responder) -> UserWithSession | ChallengeBody:
    return responder.opened(*flows.sign_in(attempt, ResponseForm.WITH_SESSION), responder.with_session)


@router.post("/api/auth/login")
async def login(attempt: CurrentSignInAttempt, responder: Responder) -> TokenResponse | UserWithSession | ChallengeBody:
    return responder.opened(*flows.sign_in(attempt, ResponseForm.WITH_TOKENS), responder.tokens)


handler = lambda_handler(
    router, AccessPolicy(public=True, verifies_cookies=True, signs_in=True, rate_limit=limit_sign_in)
)
