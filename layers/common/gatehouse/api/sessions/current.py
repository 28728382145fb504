"""The session of a request for get-session: renewed when due, with its cookies cleared when it has ended."""

from typing import Annotated

from fastapi import Depends, Request, Response

from gatehouse import sessions
from gatehouse.accounts import find_user
from gatehouse.api.accounts.schemas import OwnUserBody
from gatehouse.api.sessions.access_tokens import access_token_for
from gatehouse.api.sessions.schemas import SessionBody
from gatehouse.api_model import ResponseModel
from gatehouse.errors import InvalidToken, TokenExpired
from gatehouse.http import cookie_cache
from gatehouse.http.cookies import clear_session, set_session
from gatehouse.http.credentials import optional_credentials
from gatehouse.sessions import Credential, SessionToken


class SessionAndUser(ResponseModel):
    """A live session and its user."""

    session: SessionBody
    user: OwnUserBody


class NoSession(ResponseModel):
    """The response to a caller that is not signed in."""

    session: None = None
    user: None = None


async def _current_session(request: Request, response: Response) -> SessionAndUser | None:
    credentials = optional_credentials(request)
    for credential in credentials:
        try:
            return _cached_session(credential, request) or _live_session(credential, request, response)
        except (InvalidToken, TokenExpired):
            continue
    if credentials:
        clear_session(request, response)
    return None


def _cached_session(credential: Credential, request: Request) -> SessionAndUser | None:
    """Return what the browser has cached. No JWT comes with it: other services would take it although the session may
    have ended.
    """
    if request.query_params.get("disableCookieCache"):
        return None
    cached = cookie_cache.load(request, str(credential))
    return SessionAndUser.model_validate(cached) if cached else None


def _live_session(credential: Credential, request: Request, response: Response) -> SessionAndUser:
    found = find_user(credential, refresh_keyring=True)
    session = found.session if request.query_params.get("disableRefresh") else sessions.renew(found.session)
    body = SessionAndUser(session=SessionBody.of(session, token=str(credential)), user=OwnUserBody.of(found.user))
    cached_until = None
    if isinstance(credential, SessionToken):
        if session is not found.session:
            set_session(request, response, session, credential)
        cached = body.model_dump(mode="json", by_alias=True)
        cached_until = cookie_cache.store(request, response, cached, remember=session.remember)
    if token := access_token_for(request, body.user, session, credential, latest=cached_until):
        response.headers["set-auth-jwt"] = token
    return body


CurrentSession = Annotated[SessionAndUser | None, Depends(_current_session)]
