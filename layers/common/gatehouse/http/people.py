"""Who is calling: the bearer token or the cookie of a request, and the living session behind it."""

from base64 import b64decode
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated
from urllib.parse import unquote

from fastapi import Depends
from starlette.requests import Request

from gatehouse import keys, sessions
from gatehouse.accounts import Member, ProfileRow, profile_key
from gatehouse.errors import InvalidToken, MissingToken, NotFound, SessionNotFresh, TokenExpired, Unauthorized
from gatehouse.http.cookies import session_cookie
from gatehouse.http.origin import base_url
from gatehouse.languages import preferred
from gatehouse.sessions import AccessToken, Client, Proof, Session, SessionToken

_SIGNATURE_LENGTH = 44  # 32 bytes in padded base64
_JWT_DOTS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody signed in; `id` is theirs, not the session's. The profile is there where the function asked for it."""

    id: str
    session: Session
    proof: Proof
    profile: ProfileRow | None


def identify(request: Request, *, with_profile: bool) -> Caller:
    """Who calls, in one read; raises MissingToken, InvalidToken or TokenExpired, all as 401.

    On the paths of the better-auth protocol these are Unauthorized, with the reason in its details.
    """
    try:
        return _identified(request, with_profile=with_profile)
    except (MissingToken, InvalidToken, TokenExpired) as refusal:
        if request.scope["path"].startswith("/api/auth/"):
            raise Unauthorized(details={"reason": refusal.code}) from None
        raise type(refusal)(status=HTTPStatus.UNAUTHORIZED) from None


def possible_proofs(request: Request) -> list[Proof]:
    """What a request carries for a session, in the order in which it counts; none where it is garbage."""
    try:
        return current_proofs(request)
    except InvalidToken:
        return []


def every_proof(request: Request) -> list[Proof]:
    """All that a request carries for a session, each once.

    No signature of a cookie is asked for: for who leaves, the token in it is proof enough.
    """
    shown = (_bearer(request), session_cookie(request))
    return list(dict.fromkeys(proof for text in shown if text and (proof := _unsigned(request, text))))


def current_proofs(request: Request) -> list[Proof]:
    """What a request carries for a session: a bearer token goes before a cookie. Raises InvalidToken for garbage.

    Behind a JWT, which may have become too old meanwhile, the cookie still counts.
    """
    bearer, cookie = _bearer(request), session_cookie(request)
    try:
        first = _from_bearer(request, bearer) if bearer is not None else None
    except InvalidToken:
        if cookie is None:
            raise
        first = None
    second = _from_cookie(request, cookie) if first is None or isinstance(first, AccessToken) else None
    return [proof for proof in (first, second) if proof]


def _identified(request: Request, *, with_profile: bool) -> Caller:
    refusal: InvalidToken | TokenExpired | MissingToken = MissingToken()
    for proof in current_proofs(request):
        try:
            return _living(request, proof, with_profile=with_profile)
        except (InvalidToken, TokenExpired) as error:
            refusal = error
    raise refusal


def _living(request: Request, proof: Proof, *, with_profile: bool) -> Caller:
    together = [profile_key(proof.user_id)] if with_profile else []
    session, profiles = sessions.find(proof, *together, see_keyring=request.state.holds_secret)
    if profiles == [None]:
        raise InvalidToken
    return Caller(id=session.user_id, session=session, proof=proof, profile=profiles[0] if profiles else None)


def _bearer(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _from_bearer(request: Request, text: str) -> Proof:
    if text.count(".") == _JWT_DOTS:
        return AccessToken.parse(text, issuer=base_url(request))
    if "." in text:
        return _signed(request, unquote(text))
    return SessionToken.parse(text)


def _unsigned(request: Request, text: str) -> Proof | None:
    try:
        if text.count(".") == _JWT_DOTS:
            return AccessToken.parse(text, issuer=base_url(request))
        return SessionToken.parse(text.partition(".")[0])
    except InvalidToken:
        return None


def _from_cookie(request: Request, cookie: str | None) -> Proof | None:
    try:
        return _signed(request, cookie) if cookie else None
    except InvalidToken:
        return None


def _signed(request: Request, text: str) -> SessionToken:
    """A session token under its signature, which only a function that holds the secret can check."""
    token, _, encoded = text.rpartition(".")
    if len(encoded) != _SIGNATURE_LENGTH or not encoded.endswith("="):
        raise InvalidToken
    if not request.state.holds_secret:
        return SessionToken.parse(token)
    try:
        signature = b64decode(encoded, validate=True)
    except ValueError:
        raise InvalidToken from None
    if not keys.matches_now(keys.COOKIE, token.encode(), signature):
        raise InvalidToken
    return SessionToken.parse(token, signature=signature)


async def _current_user(request: Request) -> Caller:
    caller: Caller = request.state.caller
    if request.path_params.get("user_id", caller.id) != caller.id:
        raise NotFound
    return caller


async def _current_member(request: Request) -> Member:
    caller: Caller = request.state.caller
    assert caller.profile is not None  # noqa: S101 -- `with_profile` was forgotten in the handler
    return Member(session=caller.session, profile=caller.profile)


async def _possible_member(request: Request) -> Member | None:
    try:
        caller = _identified(request, with_profile=True)
    except (MissingToken, InvalidToken, TokenExpired):
        return None
    return Member(session=caller.session, profile=caller.profile) if caller.profile else None


async def _fresh_user(request: Request) -> Caller:
    caller: Caller = request.state.caller
    if not sessions.is_fresh(caller.session):
        raise SessionNotFresh
    return caller


async def _current_client(request: Request) -> Client:
    return Client(
        base_url=base_url(request),
        language=preferred(request.headers.get("accept-language", "")),
        ip_address=request.client.host if request.client else "",
        user_agent=request.headers.get("user-agent", ""),
    )


CurrentUser = Annotated[Caller, Depends(_current_user)]
CurrentMember = Annotated[Member, Depends(_current_member)]
PossibleMember = Annotated[Member | None, Depends(_possible_member)]
FreshUser = Annotated[Caller, Depends(_fresh_user)]
CurrentClient = Annotated[Client, Depends(_current_client)]
