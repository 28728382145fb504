"""Responses that start a session: its cookies, and a body for each kind of client."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request, Response
from pydantic import BaseModel, Field

from gatehouse import keys
from gatehouse.accounts import User, challenges
from gatehouse.accounts.challenges import Challenge
from gatehouse.accounts.flows import SignUpResult
from gatehouse.accounts.verification import VerificationResult
from gatehouse.api.accounts.schemas import OwnUserBody, UserBody
from gatehouse.api.sessions.schemas import SessionBody
from gatehouse.api.sessions.token_response import TokenResponse, token_response
from gatehouse.api_model import ResponseModel, Timestamp
from gatehouse.http import cookie_cache
from gatehouse.http.cookies import TRUSTED, clear_session_cache, set_challenge, set_cookie, set_session
from gatehouse.http.known_device import remember_device
from gatehouse.http.origin import encode_location
from gatehouse.http.proof_cookies import forget_sign_up, remember_sign_up, remember_verification
from gatehouse.sessions import IssuedSession
from gatehouse.telemetry import add_log_context


class SignUpBody(ResponseModel):
    """better-auth's response to a sign-up. `token` is null while the address must be verified first."""

    token: str | None
    user: UserBody


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


class VerifiedUserBody(ResponseModel):
    """A user whose address is verified."""

    success: bool = True
    status: bool = True
    user: UserBody


class UserOnly(BaseModel):
    """A user without a session."""

    user: UserBody


class AuthResponder:
    """Builds the response to a sign-in or sign-up."""

    def __init__(self, request: Request, response: Response) -> None:
        """Cookies are set on `response`."""
        self._request = request
        self._response = response

    def remembering_sign_up(self, result: SignUpResult) -> tuple[User, IssuedSession | None]:
        """Set the cookie of a sign-up that waits to be verified; return the user, and the session otherwise."""
        if result.sign_up_id:
            remember_sign_up(self._request, self._response, result.sign_up_id)
        return result.user, result.issued

    def signed_up(self, user: User, issued: IssuedSession | None) -> SignUpBody:
        """Return the body for the better-auth client."""
        return SignUpBody(token=self._token(user, issued), user=UserBody.of(user))

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

    def with_tokens(self, user: User, issued: IssuedSession | None) -> TokenResponse | UserOnly:
        """Return the body for clients that use JWTs."""
        return self.tokens(user, issued) if issued else UserOnly(user=UserBody.of(user))

    def tokens(self, user: User, issued: IssuedSession) -> TokenResponse:
        """Return the body of a session for clients that use JWTs."""
        self._token(user, issued)
        return token_response(self._request, user, issued.session, issued.refresh_token)

    def verified(self, verified: VerificationResult) -> VerifiedUserBody:
        """Return the body for the page behind a verification link. Whether it signs in is a setting."""
        apply_verification(self._request, self._response, verified)
        return VerifiedUserBody(user=UserBody.of(verified.user))

    def _token(self, user: User, issued: IssuedSession | None) -> str | None:
        if not issued:
            return None
        start_session(self._request, self._response, user, issued)
        remember_device(self._request, self._response, user.email, is_proven=user.is_proven)
        return str(issued.token)


def start_session(request: Request, response: Response, user: User, issued: IssuedSession | None) -> None:
    """Set the cookies of a new session, if there is one, and its cached form."""
    add_log_context(user_id=user.id)
    if not issued:
        return
    set_session(request, response, issued.session, issued.token)
    trust_device(request, response, issued.trusted_device)
    session = SessionBody.of(issued.session, token=str(issued.token)).model_dump(mode="json", by_alias=True)
    person = OwnUserBody.of(user).model_dump(mode="json", by_alias=True)
    cookie_cache.store(request, response, {"session": session, "user": person}, remember=issued.session.remember)


def start_challenge(request: Request, response: Response, user: User, challenge: Challenge) -> None:
    """Set the cookie of a sign-in that waits for the second factor."""
    add_log_context(user_id=user.id, two_factor="required")
    set_challenge(request, response, challenge.token, challenges.LIFETIME, remember=challenge.remember)


def trust_device(request: Request, response: Response, token: str | None) -> None:
    """Set the cookie of a trusted device, if there is one."""
    if token:
        from gatehouse.accounts import trusted_devices  # noqa: PLC0415 -- most requests touch no second factor

        seconds = int(trusted_devices.LIFETIME.total_seconds())
        set_cookie(request, response, TRUSTED, keys.sign(token), seconds)


def apply_verification(request: Request, response: Response, verified: VerificationResult) -> None:
    """Set the cookies of the session that verifying opened, or clear the cached session, which has the old address.

    The browser becomes a known device: whoever has the mailbox used it. While the password is unproven, a sign-in from
    there proves it.
    """
    start_session(request, response, verified.user, verified.issued)
    if decision := verified.decision:
        remember_device(request, response, verified.user.email, signed_in=verified.issued is not None)
        if decision.completes_sign_up:
            forget_sign_up(request, response)
        if decision.is_unproven:
            remember_verification(request, response, verified.user.id)
    if not verified.issued:
        clear_session_cache(request, response)


async def _auth_responder(request: Request, response: Response) -> AuthResponder:
    return AuthResponder(request, response)


Responder = Annotated[AuthResponder, Depends(_auth_responder)]
