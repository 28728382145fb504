"""Who is calling: the bearer token or the cookie of a request, and the living session behind it."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import unquote

from fastapi import Depends
from starlette.requests import Request

from gatehouse.errors import InvalidToken, MissingToken, NotFound, TokenExpired
from gatehouse.http.cookies import session_cookie, unsign
from gatehouse.http.origin import base_url
from gatehouse.sessions import Client, Session, SessionToken, find


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody signed in; `id` is theirs, not the session's."""

    id: str
    session: Session


def identify(request: Request) -> Caller:
    """Who calls, in one read. Raises MissingToken, InvalidToken or TokenExpired, all as 401."""
    try:
        token = current_token(request)
        if token is None:
            raise MissingToken
        session, _ = find(token)
    except (InvalidToken, TokenExpired) as refusal:
        raise type(refusal)(status=MissingToken.status) from None
    return Caller(id=session.user_id, session=session)


def possible_token(request: Request) -> SessionToken | None:
    """The token that a request carries, if it carries one that could be."""
    try:
        return current_token(request)
    except InvalidToken:
        return None


def current_token(request: Request) -> SessionToken | None:
    """The token that a request carries; a bearer token goes before a cookie. Raises InvalidToken when it is garbage."""
    bearer, cookie = _bearer(request), session_cookie(request)
    if bearer is None:
        return _from_cookie(request, cookie)
    try:
        return _from_bearer(request, bearer)
    except InvalidToken:
        if cookie is None:
            raise
        return _from_cookie(request, cookie)


def _bearer(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _from_bearer(request: Request, text: str) -> SessionToken:
    raw = _unsigned(request, unquote(text)) if "." in text else text
    if raw is None:
        raise InvalidToken
    return SessionToken.parse(raw)


def _from_cookie(request: Request, cookie: str | None) -> SessionToken | None:
    raw = _unsigned(request, cookie) if cookie else None
    try:
        return SessionToken.parse(raw) if raw else None
    except InvalidToken:
        return None


def _unsigned(request: Request, signed: str) -> str | None:
    return unsign(signed, check=request.state.holds_secret)


async def _current_user(request: Request) -> Caller:
    caller: Caller = request.state.caller
    if request.path_params.get("user_id", caller.id) != caller.id:
        raise NotFound
    return caller


async def _current_client(request: Request) -> Client:
    return Client(
        base_url=base_url(request),
        ip_address=request.client.host if request.client else "",
        user_agent=request.headers.get("user-agent", ""),
    )


CurrentUser = Annotated[Caller, Depends(_current_user)]
CurrentClient = Annotated[Client, Depends(_current_client)]
