"""Responses with refreshed tokens; every failure is a 401."""

from http import HTTPStatus

from starlette.requests import Request

from gatehouse.accounts import find_user, refresh
from gatehouse.api.sessions.token_response import TokenResponse, token_response
from gatehouse.errors import InvalidInput
from gatehouse.http.credentials import optional_credentials
from gatehouse.http.error_responses import token_errors_as
from gatehouse.sessions import IssuedSession, SessionToken
from gatehouse.telemetry import add_log_context


def refresh_tokens(request: Request, refresh_token: str) -> TokenResponse:
    """Return a new access token and the next refresh token; raises InvalidToken and TokenExpired as 401."""
    with token_errors_as(HTTPStatus.UNAUTHORIZED):
        user, next_token = refresh.use_refresh_token(refresh_token)
    add_log_context(user_id=user.id)
    return token_response(request, user.user, user.session, next_token)


def tokens_for_session(request: Request) -> TokenResponse:
    """Return access and refresh tokens for a session token.

    Raises InvalidInput when the request has none, else as `refresh_tokens`.
    """
    tokens = [token for token in optional_credentials(request) if isinstance(token, SessionToken)]
    if not tokens:
        raise InvalidInput("[body.refresh_token] Send it, or a session's token.")
    with token_errors_as(HTTPStatus.UNAUTHORIZED):
        user = find_user(tokens[0], refresh_keyring=True)
    add_log_context(user_id=user.id)
    issued = IssuedSession(session=user.session, token=tokens[0])
    return token_response(request, user.user, user.session, issued.refresh_token)
