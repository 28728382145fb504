"""Authentication: the bearer token or the cookie of a request, and the live session that it belongs to."""

from base64 import b64decode
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated
from urllib.parse import unquote

from fastapi import Depends
from starlette.requests import Request

from gatehouse import keys, sessions
from gatehouse.accounts import AuthenticatedUser, ProfileRow, profile_key
from gatehouse.errors import InvalidToken, MissingToken, NotFound, SessionNotFresh, TokenExpired, Unauthorized
from gatehouse.http.cookies import session_cookie
from gatehouse.http.origin import base_url
from gatehouse.languages import preferred_language
from gatehouse.sessions import AccessToken, ClientInfo, Credential, Session, SessionToken

_SIGNATURE_LENGTH = 44  # 32 bytes in padded base64
_JWT_DOTS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """An authenticated caller; `id` is the user's, not the session's. `profile` is set where the
    function asked for it.
    """

    id: str
    session: Session
    credential: Credential
    profile: ProfileRow | None


def authenticate(request: Request, *, with_profile: bool) -> Principal:
    """Return the authenticated caller, in one read; raises MissingToken, InvalidToken or TokenExpired, all as 401.

    On the paths of the better-auth protocol these are Unauthorized, with the reason in `details`.
    """
    try:
        return _authenticate_any(request, with_profile=with_profile)
    except (MissingToken, InvalidToken, TokenExpired) as refusal:
        if request.scope["path"].startswith("/api/auth/"):
            raise Unauthorized(details={"reason": refusal.code}) from None
        raise type(refusal)(status=HTTPStatus.UNAUTHORIZED) from None


def optional_credentials(request: Request) -> list[Credential]:
    """Return the credentials of a request in order of precedence; an empty list when they are malformed."""
    try:
        return request_credentials(request)
    except InvalidToken:
        return []


def all_credentials(request: Request) -> list[Credential]:
    """Return all credentials of a request, each once.

    The cookie's signature is not checked: to sign out, its token is enough.
    """
    texts = (_bearer_token(request), session_cookie(request))
    return list(dict.fromkeys(credential for text in texts if text and (credential := _parse_unsigned(request, text))))


def request_credentials(request: Request) -> list[Credential]:
    """Return the credentials of a request: a bearer token before a cookie. Raises InvalidToken for malformed ones.

    The cookie still counts beside a JWT, which may have expired.
    """
    bearer, cookie = _bearer_token(request), session_cookie(request)
    try:
        first = _from_bearer(request, bearer) if bearer is not None else None
    except InvalidToken:
        if cookie is None:
            raise
        first = None
    second = _from_cookie(request, cookie) if first is None or isinstance(first, AccessToken) else None
    return [credential for credential in (first, second) if credential]


def _authenticate_any(request: Request, *, with_profile: bool) -> Principal:
    refusal: InvalidToken | TokenExpired | MissingToken = MissingToken()
    for credential in request_credentials(request):
        try:
            return _authenticate_with(request, credential, with_profile=with_profile)
        except (InvalidToken, TokenExpired) as error:
            refusal = error
    raise refusal


def _authenticate_with(request: Request, credential: Credential, *, with_profile: bool) -> Principal:
    extra_keys = [profile_key(credential.user_id)] if with_profile else []
    session, profiles = sessions.find_session(credential, *extra_keys, refresh_keyring=request.state.verifies_cookies)
    if profiles == [None]:
        raise InvalidToken
    return Principal(
        id=session.user_id, session=session, credential=credential, profile=profiles[0] if profiles else None
    )


def _bearer_token(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _from_bearer(request: Request, text: str) -> Credential:
    if text.count(".") == _JWT_DOTS:
        return AccessToken.parse(text, issuer=base_url(request))
    if "." in text:
        return _parse_signed_token(request, unquote(text))
    return SessionToken.parse(text)


def _parse_unsigned(request: Request, text: str) -> Credential | None:
    try:
        if text.count(".") == _JWT_DOTS:
            return AccessToken.parse(text, issuer=base_url(request))
        return SessionToken.parse(text.partition(".")[0])
    except InvalidToken:
        return None


def _from_cookie(request: Request, cookie: str | None) -> Credential | None:
    try:
        return _parse_signed_token(request, cookie) if cookie else None
    except InvalidToken:
        return None


def _parse_signed_token(request: Request, text: str) -> SessionToken:
    """Parse a signed session token. Only a function that may read the secret checks the signature."""
    token, _, encoded = text.rpartition(".")
    if len(encoded) != _SIGNATURE_LENGTH or not encoded.endswith("="):
        raise InvalidToken
    if not request.state.verifies_cookies:
        return SessionToken.parse(token)
    try:
        signature = b64decode(encoded, validate=True)
    except ValueError:
        raise InvalidToken from None
    if not keys.matches_latest(keys.COOKIE, token.encode(), signature):
        raise InvalidToken
    return SessionToken.parse(token, signature=signature)


async def _current_user(request: Request) -> Principal:
    principal: Principal = request.state.caller
    if request.path_params.get("user_id", principal.id) != principal.id:
        raise NotFound
    return principal


async def _current_account(request: Request) -> AuthenticatedUser:
    principal: Principal = request.state.caller
    assert principal.profile is not None  # noqa: S101 -- `with_profile` was forgotten in the handler
    return AuthenticatedUser(session=principal.session, profile=principal.profile)


async def _optional_account(request: Request) -> AuthenticatedUser | None:
    try:
        principal = _authenticate_any(request, with_profile=True)
    except (MissingToken, InvalidToken, TokenExpired):
        return None
    return AuthenticatedUser(session=principal.session, profile=principal.profile) if principal.profile else None


async def _fresh_user(request: Request) -> Principal:
    principal: Principal = request.state.caller
    if not sessions.is_fresh(principal.session):
        raise SessionNotFresh
    return principal


async def _current_client(request: Request) -> ClientInfo:
    return ClientInfo(
        base_url=base_url(request),
        language=preferred_language(request.headers.get("accept-language", "")),
        ip_address=request.client.host if request.client else "",
        user_agent=request.headers.get("user-agent", ""),
    )


CurrentUser = Annotated[Principal, Depends(_current_user)]
CurrentAccount = Annotated[AuthenticatedUser, Depends(_current_account)]
OptionalAccount = Annotated[AuthenticatedUser | None, Depends(_optional_account)]
FreshUser = Annotated[Principal, Depends(_fresh_user)]
CurrentClient = Annotated[ClientInfo, Depends(_current_client)]
