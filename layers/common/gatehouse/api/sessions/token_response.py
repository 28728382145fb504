"""The response for clients that use JWTs. It is apart from `responder`, which loads all that a sign-in needs."""

from fastapi import Request
from pydantic import BaseModel

from gatehouse.accounts import User
from gatehouse.api.accounts.schemas import UserBody
from gatehouse.api.sessions.access_tokens import issue_access_token
from gatehouse.sessions import Session


class TokenResponse(BaseModel):
    """A user and the tokens of their session, as in OAuth's token response."""

    access_token: str
    refresh_token: str
    token_type: str = "bearer"  # noqa: S105 -- the name of a scheme
    expires_in: int
    user: UserBody


def token_response(request: Request, user: User, session: Session, refresh_token: str) -> TokenResponse:
    """Return the token response for clients that use JWTs."""
    token = issue_access_token(request, UserBody.of(user), session)
    return TokenResponse(
        access_token=token.text, refresh_token=refresh_token, expires_in=token.expires_in, user=UserBody.of(user)
    )
