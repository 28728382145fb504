"""POST /api/auth/sign-up/email -- create an account with an email address and a password."""

from fastapi import APIRouter, status

from gatehouse.accounts import NewAccount, flows
from gatehouse.api.sessions.responder import Responder, SignUpBody, TokenResponse, UserOnly, UserWithSession
from gatehouse.http import AccessPolicy, CurrentClient, lambda_handler
from gatehouse.http.rate_limits import limit_passwords

router = APIRouter()


@router.post("/api/auth/sign-up/email")
async def sign_up(new: NewAccount, client: CurrentClient, responder: Responder) -> SignUpBody:
    return responder.signed_up(*flows.sign_up(new, client))


@router.post("/api/auth/signup", status_code=status.HTTP_201_CREATED)
async def signup(new: NewAccount, client: CurrentClient, responder: Responder) -> UserWithSession:
    return responder.with_session(*flows.sign_up(new, client))


@router.post("/api/auth/register", status_code=status.HTTP_201_CREATED)
async def register(new: NewAccount, client: CurrentClient, responder: Responder) -> TokenResponse | UserOnly:
    return responder.with_tokens(*flows.sign_up(new, client))


handler = lambda_handler(
    router, AccessPolicy(public=True, verifies_cookies=True, signs_in=True, rate_limit=limit_passwords)
)
