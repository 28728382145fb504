"""The session of a request, as its own endpoints answer it: renewed when due, its cookies taken back when dead."""

from typing import Annotated

from fastapi import Depends, Request, Response

from gatehouse import sessions
from gatehouse.accounts import profile_key
from gatehouse.errors import InvalidToken, TokenExpired
from gatehouse.http import cookie_cache
from gatehouse.http.access import for_caller
from gatehouse.http.cookies import clear_session, set_session
from gatehouse.http.people import possible_proof
from gatehouse.http.shapes import SessionBody, UserBody
from gatehouse.sessions import Proof, SessionToken
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
    proof = possible_proof(request)
    if proof is None:
        return None
    cached = None if request.query_params.get("disableCookieCache") else cookie_cache.read(request, str(proof))
    if cached:
        return SessionAndUser.model_validate(cached)
    try:
        return _living(proof, request, response)
    except (InvalidToken, TokenExpired):
        clear_session(request, response)
        return None


def _living(proof: Proof, request: Request, response: Response) -> SessionAndUser:
    found, (profile,) = sessions.find(proof, profile_key(proof.user_id), see_keyring=True)
    if profile is None:
        raise InvalidToken
    user = profile.to_user()
    session = found if request.query_params.get("disableRefresh") else sessions.renew(found)
    if session is not found and isinstance(proof, SessionToken):
        set_session(request, response, session, proof)
    response.headers["set-auth-jwt"] = for_caller(request, user, session, proof)
    body = SessionAndUser(session=SessionBody.of(session, proof), user=UserBody.of(user))
    if isinstance(proof, SessionToken):
        cookie_cache.write(request, response, body.model_dump(mode="json", by_alias=True), remember=session.remember)
    return body


CurrentSession = Annotated[SessionAndUser | None, Depends(_current_session)]
