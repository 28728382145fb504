"""Authentication: the live session of a request's credential, and what endpoints get to know of their caller."""

from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from gatehouse import sessions
from gatehouse.accounts import AuthenticatedUser, ProfileRow, profile_key
from gatehouse.dynamodb import Row
from gatehouse.errors import (
    InvalidToken,
    MissingToken,
    NotFound,
    Refusal,
    SessionNotFresh,
    SessionRequired,
    TokenExpired,
    TwoFactorRequired,
    Unauthorized,
)
from gatehouse.http.client_address import client_address
from gatehouse.http.cookies import DEVICE, TRUSTED, get_cookies
from gatehouse.http.credentials import is_admitted, request_credentials
from gatehouse.http.origin import asking_site, base_url
from gatehouse.http.policy import UserKey
from gatehouse.languages import preferred_language
from gatehouse.sessions import ClientInfo, Credential, Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """An authenticated caller; `id` is the user's, not the session's. `profile` and `row` are set where the function's
    policy asks for them; a row may not exist.
    """

    id: str
    session: Session
    credential: Credential
    profile: ProfileRow | None
    row: Row | None


def authenticate(request: Request, *, with_profile: bool, user_row: UserKey | None = None) -> Principal:
    """Return the authenticated caller, in one read; raises MissingToken, InvalidToken or TokenExpired, all as 401.

    On the paths of the better-auth protocol these are Unauthorized, with the reason in `details`. Raises
    SessionRequired for a valid JWT where the function does not admit it.
    """
    try:
        return find_principal(request, with_profile=with_profile, user_row=user_row)
    except (MissingToken, InvalidToken, TokenExpired) as refusal:
        if request.scope["path"].startswith("/api/auth/"):
            raise Unauthorized(details={"reason": refusal.code}) from None
        raise type(refusal)(status=HTTPStatus.UNAUTHORIZED) from None


def check_second_factor(session: Session, profile: ProfileRow | None = None, *, admits_setup: bool = False) -> None:
    """Raise TwoFactorRequired for a session without a second factor, where all users must have one; `admits_setup`
    admits users who have none to show.
    """
    if sessions.lacks_second_factor(session) and (not admits_setup or not profile or profile.has_second_factor):
        raise TwoFactorRequired


def find_session_user(request: Request) -> AuthenticatedUser | None:
    """Return the user of the request's session, if there is one that the policy admits."""
    caller = find_caller(request)
    return account_of(caller) if caller else None


def find_caller(request: Request) -> Principal | None:
    """Return the caller of a public function, with the profile, if there is a session that the policy admits."""
    with suppress(MissingToken, InvalidToken, TokenExpired, SessionRequired):
        return find_principal(request, with_profile=True)
    return None


def find_principal(request: Request, *, with_profile: bool, user_row: UserKey | None = None) -> Principal:
    """Return the caller of the first valid credential that is admitted.

    Raises MissingToken, InvalidToken, TokenExpired, and SessionRequired for a valid JWT alone.

    A cookie does not count beside the valid JWT of another user: the request would be done to the wrong one.
    """
    refusal: Refusal = MissingToken()
    bearer: Principal | None = None  # the caller of a JWT that is not admitted
    for credential in request_credentials(request):
        try:
            principal = _authenticate_with(request, credential, with_profile=with_profile, user_row=user_row)
        except (InvalidToken, TokenExpired) as error:
            refusal = error
            continue
        if not is_admitted(request, credential):
            bearer = principal
        elif bearer is None or bearer.id == principal.id:
            return principal
    raise SessionRequired if bearer else refusal


def _authenticate_with(
    request: Request, credential: Credential, *, with_profile: bool, user_row: UserKey | None
) -> Principal:
    keys = [profile_key(credential.user_id)] if with_profile else []
    keys += [user_row(credential.user_id)] if user_row else []
    session, rows = sessions.find_session(credential, *keys, refresh_keyring=request.state.verifies_cookies)
    profile = rows.pop(0) if with_profile else None
    if with_profile and profile is None:
        raise InvalidToken
    row = rows.pop() if user_row else None
    return Principal(id=session.user_id, session=session, credential=credential, profile=profile, row=row)


async def _current_user(request: Request) -> Principal:
    principal: Principal = request.state.caller
    if request.path_params.get("user_id", principal.id) != principal.id:
        raise NotFound
    return principal


async def _current_account(request: Request) -> AuthenticatedUser:
    return account_of(request.state.caller)


async def _optional_account(request: Request) -> AuthenticatedUser | None:
    try:
        return account_of(find_principal(request, with_profile=True))
    except (MissingToken, InvalidToken, TokenExpired):
        return None


async def _fresh_user(request: Request) -> Principal:
    principal: Principal = request.state.caller
    if not sessions.is_fresh(principal.session):
        raise SessionNotFresh
    return principal


async def _fresh_account(principal: Annotated[Principal, Depends(_fresh_user)]) -> AuthenticatedUser:
    return account_of(principal)


async def _current_client(request: Request) -> ClientInfo:
    return ClientInfo(
        base_url=base_url(request),
        site=asking_site(request),
        language=preferred_language(request.headers.get("accept-language", "")),
        ip_address=client_address(request),
        user_agent=_header_text(request, "user-agent"),
        device_proofs=tuple(get_cookies(request, DEVICE)),
        trusted_devices=tuple(get_cookies(request, TRUSTED)),
    )


def _header_text(request: Request, name: str) -> str:
    """Return a header that need not be ASCII, read as UTF-8 where it is that.

    Starlette reads as Latin-1 what Mangum wrote as UTF-8. The event's own text may have a character for each byte, too.
    """
    text = request.headers.get(name, "").encode("latin-1").decode()
    try:
        return text.encode("latin-1").decode()
    except UnicodeError:
        return text


def account_of(principal: Principal) -> AuthenticatedUser:
    """Return the user and the session of a caller whose profile was read."""
    assert principal.profile is not None  # noqa: S101 -- the policy lacks `with_profile`
    return AuthenticatedUser(session=principal.session, profile=principal.profile)


CurrentUser = Annotated[Principal, Depends(_current_user)]
CurrentAccount = Annotated[AuthenticatedUser, Depends(_current_account)]
OptionalAccount = Annotated[AuthenticatedUser | None, Depends(_optional_account)]
FreshUser = Annotated[Principal, Depends(_fresh_user)]
FreshAccount = Annotated[AuthenticatedUser, Depends(_fresh_account)]
CurrentClient = Annotated[ClientInfo, Depends(_current_client)]
