"""Refreshing, as an answer: who may not gets 401, whatever the reason."""

from http import HTTPStatus

from starlette.requests import Request

from gatehouse import sessions
from gatehouse.accounts import profile_key
from gatehouse.errors import InvalidInput, InvalidToken, TokenExpired
from gatehouse.http.entry import WithAccess, with_access
from gatehouse.http.people import possible_proofs
from gatehouse.sessions import Opened, SessionToken, user_of
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


def begun(request: Request) -> WithAccess:
    """The tokens of the JWT kind for whoever shows a session's own token, which a JWT is not.

    Raises InvalidInput when nobody does, else as `refreshed`.
    """
    token = next((proof for proof in possible_proofs(request) if isinstance(proof, SessionToken)), None)
    if token is None:
        raise InvalidInput("[body.refresh_token] Send it, or a session's token.")
    try:
        session, (profile,) = sessions.find(token, profile_key(token.user_id), see_keyring=True)
    except (InvalidToken, TokenExpired) as refusal:
        raise type(refusal)(status=HTTPStatus.UNAUTHORIZED) from None
    if profile is None:
        raise InvalidToken(status=HTTPStatus.UNAUTHORIZED)
    note(user_id=session.user_id)
    return with_access(request, profile.to_user(), session, Opened(session=session, token=token).refresh_token)
