"""Responses to a sign-up, which opens no session while the address must be verified first."""

from typing import Annotated

from fastapi import Depends, Request, Response
from pydantic import BaseModel

from gatehouse.accounts import User
from gatehouse.accounts.flows import SignUpResult
from gatehouse.api.accounts.schemas import UserBody
from gatehouse.api.sessions.responder import AuthResponder, UserWithSession
from gatehouse.api.sessions.token_response import TokenResponse
from gatehouse.api_model import ResponseModel
from gatehouse.http.proof_cookies import remember_sign_up
from gatehouse.sessions import IssuedSession


class SignUpBody(ResponseModel):
    """better-auth's response to a sign-up. `token` is null while the address must be verified first."""

    token: str | None
    user: UserBody


class UserOnly(BaseModel):
    """A user without a session."""

    user: UserBody


RegisteredBody = TokenResponse | UserWithSession | UserOnly


class _SignUpResponder(AuthResponder):
    """Builds the response to a sign-up."""

    def remembering_sign_up(self, result: SignUpResult) -> tuple[User, IssuedSession | None]:
        """Set the cookie of a sign-up that waits to be verified; return the user, and the session otherwise."""
        if result.sign_up_id:
            remember_sign_up(self._request, self._response, result.sign_up_id)
        return result.user, result.issued

    def signed_up(self, user: User, issued: IssuedSession | None) -> SignUpBody:
        """Return the body for the better-auth client."""
        return SignUpBody(token=self._token(user, issued), user=UserBody.of(user))

    def with_tokens(self, user: User, issued: IssuedSession | None) -> RegisteredBody:
        """Return the body for clients that use JWTs."""
        return self.tokens(user, issued) if issued else UserOnly(user=UserBody.of(user))


async def _responder(request: Request, response: Response) -> _SignUpResponder:
    return _SignUpResponder(request, response)


SignUpResponder = Annotated[_SignUpResponder, Depends(_responder)]
