"""The session of a request, as its own endpoints answer it: renewed when due, its cookies taken back when dead."""

from typing import Annotated

from fastapi import Depends, Request, Response

from gatehouse import sessions
from gatehouse.accounts import profile_key
from gatehouse.errors import InvalidToken, TokenExpired
from gatehouse.http import cookie_cache
from gatehouse.http.access import for_caller
from gatehouse.http.cookies import clear_session, set_session
from gatehouse.http.people import possible_proofs
from gatehouse.http.shapes import OwnBody, SessionBody
from gatehouse.sessions import Proof, SessionToken
from gatehouse.wire import Answer


class SessionAndUser(Answer):
    """A living session and its person."""

    session: SessionBody
    user: OwnBody


class NoSession(Answer):
    """Nobody is signed in."""

    session: None = None
    user: None = None


async def _current_session(request: Request, response: Response) -> SessionAndUser | None:
    shown = possible_proofs(request)
    for proof in shown:
        try:
            body = _cached(proof, request) or _living(proof, request, response)
        except (InvalidToken, TokenExpired):
            continue
        response.headers["set-auth-jwt"] = for_caller(request, body.user, body.session, proof)
        return body
    if shown:
        clear_session(request, response)
    return None


def _cached(proof: Proof, request: Request) -> SessionAndUser | None:
    if request.query_params.get("disableCookieCache"):
        return None
    kept = cookie_cache.read(request, str(proof))
    return SessionAndUser.model_validate(kept) if kept else None


def _living(proof: Proof, request: Request, response: Response) -> SessionAndUser:
    found, (profile,) = sessions.find(proof, profile_key(proof.user_id), see_keyring=True)
    if profile is None:
        raise InvalidToken
    session = found if request.query_params.get("disableRefresh") else sessions.renew(found)
    body = SessionAndUser(session=SessionBody.of(session, proof), user=OwnBody.of(profile.to_user()))
    if isinstance(proof, SessionToken):
        if session is not found:
            set_session(request, response, session, proof)
        cookie_cache.write(request, response, body.model_dump(mode="json", by_alias=True), remember=session.remember)
    return body


CurrentSession = Annotated[SessionAndUser | None, Depends(_current_session)]
