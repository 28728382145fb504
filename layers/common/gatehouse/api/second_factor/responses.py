"""Responses to a second factor that was given, in the form of the sign-in that it completes."""

from typing import Annotated

from fastapi import Depends, Request, Response
from pydantic import Field

from gatehouse.accounts.challenges import ResponseForm
from gatehouse.api.accounts.schemas import UserBody
from gatehouse.api.sessions.responder import AuthResponder, UserWithSession
from gatehouse.api.sessions.starting import trust_device
from gatehouse.api.sessions.token_response import TokenResponse
from gatehouse.api_model import ResponseModel
from gatehouse.http.cookies import TRUSTED, TWO_FACTOR, get_cookies, set_cookie
from gatehouse.http.credentials import optional_credentials
from gatehouse.second_factor.completing import Verified


class SecondFactorBody(ResponseModel):
    """better-auth's response to a second factor. There is no `token` where no session was asked for."""

    token: str | None = Field(default=None, exclude_if=lambda token: token is None)
    user: UserBody


VerifiedBody = SecondFactorBody | UserWithSession | TokenResponse


class SecondFactorResponder:
    """Builds the response to a second factor that was given."""

    def __init__(self, request: Request, response: Response) -> None:
        """Cookies are set on `response`."""
        self._request = request
        self._response = response

    def verified(self, verified: Verified) -> VerifiedBody:
        """Return the body, with the session that was opened, or the caller's own token."""
        if get_cookies(self._request, TWO_FACTOR):
            set_cookie(self._request, self._response, TWO_FACTOR, "", 0)
        trust_device(self._request, self._response, verified.trusted_device)
        responder = AuthResponder(self._request, self._response)
        if verified.issued and verified.form == ResponseForm.WITH_SESSION:
            return responder.with_session(verified.user, verified.issued)
        if verified.issued and verified.form == ResponseForm.WITH_TOKENS:
            return responder.tokens(verified.user, verified.issued)
        token = responder.signed_in(verified.user, verified.issued).token if verified.issued else self._own_token()
        return SecondFactorBody(token=token, user=UserBody.of(verified.user))

    def _own_token(self) -> str | None:
        return next((str(credential) for credential in optional_credentials(self._request)), None)


def forget_device(request: Request, response: Response) -> None:
    """Clear the cookie of a trusted device."""
    if get_cookies(request, TRUSTED):
        set_cookie(request, response, TRUSTED, "", 0)


async def _responder(request: Request, response: Response) -> SecondFactorResponder:
    return SecondFactorResponder(request, response)


VerifiedResponder = Annotated[SecondFactorResponder, Depends(_responder)]
