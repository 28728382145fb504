"""The session of a request, as its own endpoints answer it: renewed when due, its cookies taken back when dead."""

from typing import Annotated

from fastapi import Depends, Request, Response

from gatehouse import sessions
from gatehouse.accounts import profile_key
from gatehouse.errors import InvalidToken, TokenExpired
from gatehouse.http.cookies import clear_session, set_session
from gatehouse.http.people import possible_token
from gatehouse.http.shapes import SessionBody, UserBody
from gatehouse.sessions import SessionToken
from gatehouse.wire import Wire


class SessionAndUser(Wire):
    """A living session and its person."""

    session: SessionBody
    user: UserBody


class NoSession(Wire):
    """Nobody is signed in."""

    session: None = None
    user: None = None


async def _current_session(request: Request, response: Response) -> SessionAndUser | None:
    token = possible_token(request)
    if token is None:
        return None
    try:
        return _living(token, request, response)
    except (InvalidToken, TokenExpired):
        clear_session(request, response)
        return None


def _living(token: SessionToken, request: Request, response: Response) -> SessionAndUser:
    found, (profile,) = sessions.find(token, profile_key(token.user_id))
    if profile is None:
        raise InvalidToken
    session = found if request.query_params.get("disableRefresh") else sessions.renew(found)
    if session is not found:
        set_session(request, response, session, token)
    return SessionAndUser(session=SessionBody.of(session, token), user=UserBody.of(profile.to_user()))


CurrentSession = Annotated[SessionAndUser | None, Depends(_current_session)]
