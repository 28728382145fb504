"""POST /api/auth/sign-in/email -- open a session with an address and its password."""

from fastapi import APIRouter

from gatehouse import accounts
from gatehouse.http import lambda_handler
from gatehouse.http.attempt import CurrentAttempt
from gatehouse.http.entry import CurrentEntry, SignedInBody, UserAlone, WithAccess, WithSession

router = APIRouter()


@router.post("/api/auth/sign-in/email", response_model_exclude_unset=True)
async def sign_in(attempt: CurrentAttempt, entry: CurrentEntry) -> SignedInBody:
    return entry.signed_in(*accounts.sign_in(attempt), attempt.given.callback_url)


@router.post("/api/auth/signin")
async def signin(attempt: CurrentAttempt, entry: CurrentEntry) -> WithSession:
    return entry.with_session(*accounts.sign_in(attempt))


@router.post("/api/auth/login")
async def login(attempt: CurrentAttempt, entry: CurrentEntry) -> WithAccess | UserAlone:
    return entry.with_access(*accounts.sign_in(attempt))


handler = lambda_handler(router, public=True, holds_secret=True)
