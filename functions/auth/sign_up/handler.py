"""POST /api/auth/sign-up/email -- create an account with an email address and a password."""

from fastapi import APIRouter, status

from gatehouse.accounts import flows
from gatehouse.api.sessions.responder import UserWithSession
from gatehouse.api.sessions.sign_up_attempt import CurrentSignUpAttempt
from gatehouse.api.sessions.sign_up_responder import RegisteredBody, SignUpBody, SignUpResponder
from gatehouse.http import AccessPolicy, lambda_handler
from gatehouse.http.rate_limits import limit_passwords

router = APIRouter()


@router.post("/api/auth/sign-up/email")
async def sign_up(attempt: CurrentSignUpAttempt, responder: SignUpResponder) -> SignUpBody:
    return responder.signed_up(*responder.remembering_sign_up(flows.sign_up(attempt)))


@router.post("/api/auth/signup", status_code=status.HTTP_201_CREATED)
async def signup(attempt: CurrentSignUpAttempt, responder: SignUpResponder) -> UserWithSession:
    return responder.with_session(*responder.remembering_sign_up(flows.sign_up(attempt)))


@router.post("/api/auth/register", status_code=status.HTTP_201_CREATED)
async def register(attempt: CurrentSignUpAttempt, responder: SignUpResponder) -> RegisteredBody:
    return responder.with_tokens(*responder.remembering_sign_up(flows.sign_up(attempt)))


handler = lambda_handler(
    router, AccessPolicy(public=True, verifies_cookies=True, signs_in=True, rate_limit=limit_passwords)
)
