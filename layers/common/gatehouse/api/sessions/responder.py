"""Responses to a sign-in: a body for each kind of client."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request, Response
from pydantic import Field

from gatehouse.accounts import User
from gatehouse.accounts.challenges import Challenge
from gatehouse.api.accounts.schemas import UserBody
from gatehouse.api.sessions.starting import start_challenge, start_session
from gatehouse.api.sessions.token_response import TokenResponse, token_response
from gatehouse.api_model import ResponseModel, Timestamp
from gatehouse.http.known_device import remember_device
from gatehouse.http.origin import encode_location
from gatehouse.sessions import IssuedSession, lacks_second_factor


class SignInBody(ResponseModel):
    """better-auth's response to a sign-in. `url` is where the client is to go."""

    redirect: bool
    token: str
    url: str | None = None
    user: UserBody


class ChallengeBody(ResponseModel):
    """The response to a sign-in that waits for the second factor. Clients without cookies send the token back."""

    two_factor_redirect: bool
    two_factor_methods: list[str]
    two_factor_token: str = Field(alias="two_factor_token")


class NewSessionBody(ResponseModel):
    """A new session's token and expiry."""

    token: str
    expires_at: Timestamp


class UserWithSession(ResponseModel):
    """A user and their new session."""

    user: UserBody
    session: NewSessionBody | None
    token: str | None


class AuthResponder:
    """Builds the response to a sign-in."""

    def __init__(self, request: Request, response: Response) -> None:
        """Cookies are set on `response`."""
        self._request = request
        self._response = response

    def opened[Body](
        self, user: User, opened: IssuedSession | Challenge, body: Callable[[User, IssuedSession], Body]
    ) -> Body | ChallengeBody:
        """Return the `body` of a session that was opened, or the one that asks for the second factor."""
        if not isinstance(opened, Challenge):
            return body(user, opened)
        start_challenge(self._request, self._response, user, opened)
        return ChallengeBody(
            two_factor_redirect=True, two_factor_methods=list(opened.methods), two_factor_token=opened.token
        )

    def signed_in(self, user: User, issued: IssuedSession, callback_url: str | None = None) -> SignInBody:
        """Return the body for the better-auth client, which goes on to `callback_url` if there is one."""
        token, body = str(self._token(user, issued)), UserBody.of(user)
        if not callback_url:
            return SignInBody(redirect=False, token=token, user=body)
        self._response.headers["location"] = encode_location(callback_url)
        return SignInBody(redirect=True, token=token, url=callback_url, user=body)

    def with_session(self, user: User, issued: IssuedSession | None) -> UserWithSession:
        """Return the body for clients that expect the session beside its token."""
        token = self._token(user, issued)
        session = NewSessionBody(token=token, expires_at=issued.session.expires_at) if issued and token else None
        return UserWithSession(user=UserBody.of(user), session=session, token=token)

    def tokens(self, user: User, issued: IssuedSession) -> TokenResponse | UserWithSession:
        """Return the body of a session for clients that use JWTs. One that is only for setting up a second factor has
        none, but its own token.
        """
        if lacks_second_factor(issued.session):
            return self.with_session(user, issued)
        self._token(user, issued)
        return token_response(self._request, user, issued.session, issued.refresh_token)

    def _token(self, user: User, issued: IssuedSession | None) -> str | None:
        if not issued:
            return None
        start_session(self._request, self._response, user, issued)
        remember_device(self._request, self._response, user.email, is_proven=user.is_proven)
        return str(issued.token)


async def _auth_responder(request: Request, response: Response) -> AuthResponder:
    return AuthResponder(request, response)


Responder = Annotated[AuthResponder, Depends(_auth_responder)]
