"""Responses with refreshed tokens; every failure is a 401."""

from http import HTTPStatus

from starlette.requests import Request

from gatehouse import sessions
from gatehouse.accounts import profile_key
from gatehouse.errors import InvalidInput, InvalidToken, TokenExpired
from gatehouse.http.auth_responder import TokenResponse, token_response
from gatehouse.http.authentication import optional_credentials
from gatehouse.sessions import IssuedSession, SessionToken, unverified_user_id
from gatehouse.telemetry import add_log_context


def refresh_tokens(request: Request, refresh_token: str) -> TokenResponse:
    """Return a new access token and the next refresh token; raises InvalidToken and TokenExpired as 401."""
    try:
        refreshed = sessions.use_refresh_token(refresh_token, profile_key(unverified_user_id(refresh_token)))
    except (InvalidToken, TokenExpired) as refusal:
        raise type(refusal)(status=HTTPStatus.UNAUTHORIZED) from None
    (profile,) = refreshed.extra_rows
    if profile is None:
        raise InvalidToken(status=HTTPStatus.UNAUTHORIZED)
    add_log_context(user_id=refreshed.session.user_id)
    return token_response(request, profile.to_user(), refreshed.session, refreshed.refresh_token)


def tokens_for_session(request: Request) -> TokenResponse:
    """Return access and refresh tokens for a session token, which a JWT is not.

    Raises InvalidInput when the request has none, else as `refresh_tokens`.
    """
    token = next(
        (credential for credential in optional_credentials(request) if isinstance(credential, SessionToken)), None
    )
    if token is None:
        raise InvalidInput("[body.refresh_token] Send it, or a session's token.")
    try:
        session, (profile,) = sessions.find_session(token, profile_key(token.user_id), refresh_keyring=True)
    except (InvalidToken, TokenExpired) as refusal:
        raise type(refusal)(status=HTTPStatus.UNAUTHORIZED) from None
    if profile is None:
        raise InvalidToken(status=HTTPStatus.UNAUTHORIZED)
    add_log_context(user_id=session.user_id)
    return token_response(
        request, profile.to_user(), session, IssuedSession(session=session, token=token).refresh_token
    )
