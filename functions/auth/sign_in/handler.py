"""POST /api/auth/sign-in/email -- open a session with an address and its password."""

from fastapi import APIRouter

from gatehouse import accounts
from gatehouse.accounts import Credentials
from gatehouse.http import CurrentClient, lambda_handler
from gatehouse.http.entry import CurrentEntry, SignedInBody, UserAlone, WithAccess, WithSession

router = APIRouter()


@router.post("/api/auth/sign-in/email", response_model_exclude_unset=True)
async def sign_in(given: Credentials, client: CurrentClient, entry: CurrentEntry) -> SignedInBody:
    return entry.signed_in(*accounts.sign_in(given, client), given.callback_url)


@router.post("/api/auth/signin")
async def signin(given: Credentials, client: CurrentClient, entry: CurrentEntry) -> WithSession:
    return entry.with_session(*accounts.sign_in(given, client))


@router.post("/api/auth/login")
async def login(given: Credentials, client: CurrentClient, entry: CurrentEntry) -> WithAccess | UserAlone:
    return entry.with_access(*accounts.sign_in(given, client))


handler = lambda_handler(router, public=True, holds_secret=True)
