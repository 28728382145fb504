"""Refreshing, as an answer: who may not gets 401, whatever the reason."""

from http import HTTPStatus

from starlette.requests import Request

from gatehouse import sessions
from gatehouse.accounts import profile_key
from gatehouse.errors import InvalidToken, TokenExpired
from gatehouse.http.entry import WithAccess, with_access
from gatehouse.sessions import user_of
from gatehouse.telemetry import note


def refreshed(request: Request, refresh_token: str) -> WithAccess:
    """A new access token and the next refresh token; raises InvalidToken and TokenExpired as 401."""
    try:
        used = sessions.refresh(refresh_token, profile_key(user_of(refresh_token)))
    except (InvalidToken, TokenExpired) as refusal:
        raise type(refusal)(status=HTTPStatus.UNAUTHORIZED) from None
    (profile,) = used.together
    if profile is None:
        raise InvalidToken(status=HTTPStatus.UNAUTHORIZED)
    note(user_id=used.session.user_id)
    return with_access(request, profile.to_user(), used.session, used.refresh_token)
