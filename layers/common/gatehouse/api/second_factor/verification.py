"""A request that gives a second factor: for a sign-in that waits, by a cookie or a token, or within a session."""

from contextlib import suppress
from typing import Annotated

from fastapi import Depends, Request
from pydantic import Field, StrictBool, StringConstraints

from gatehouse import keys
from gatehouse.accounts import ProfileRow, profile_key
from gatehouse.accounts.challenges import is_open, parse_token
from gatehouse.accounts.factor_rows import SecondFactorRow, challenge_key, factor_key
from gatehouse.api_model import ApiModel
from gatehouse.dynamodb import batch_get
from gatehouse.errors import InvalidToken, MissingToken, SessionRequired, TokenExpired
from gatehouse.errors.second_factor import InvalidTwoFactorCookie
from gatehouse.http.authentication import CurrentClient, find_principal
from gatehouse.http.cookies import TWO_FACTOR, clear_with_response, signed_cookie
from gatehouse.second_factor.verification import Verification
from gatehouse.sessions import ClientInfo

HEADER = "x-two-factor-token"
Code = Annotated[str, StringConstraints(max_length=64)]


class PendingRequest(ApiModel):
    """A request for a sign-in that waits, or a session. Clients without cookies send a token, here or as a header."""

    two_factor_token: str | None = Field(default=None, alias="two_factor_token")


class CodeRequest(PendingRequest):
    """A code, and whether this browser is not to be asked again."""

    code: Code
    trust_device: StrictBool = False


def find_verification(
    request: Request, client: ClientInfo, token: str | None, *, trust_device: bool = False
) -> Verification:
    """Return what a request verifies: the sign-in of a token that it names, else its session, else that of its cookie.

    Raises InvalidTwoFactorCookie when there is none.
    """
    given = token or request.headers.get(HEADER)
    if not given and (verification := _of_session(request, client, trust_device=trust_device)):
        return verification
    keys.refresh_if_stale()
    parsed = parse_token(given or signed_cookie(request, TWO_FACTOR) or "")
    if not parsed:
        raise _invalid(request)
    profile: ProfileRow | None
    factor: SecondFactorRow | None
    challenge, profile, factor = batch_get(challenge_key(*parsed), profile_key(parsed[0]), factor_key(parsed[0]))
    if not profile or not profile.two_factor or profile.disabled or not is_open(challenge, profile.epoch):
        raise _invalid(request)
    return Verification(
        profile=profile,
        factor=factor,
        client=client,
        challenge=challenge,
        trust_device=trust_device,
        clear_cookie=lambda: clear_with_response(request, TWO_FACTOR),
    )


def _of_session(request: Request, client: ClientInfo, *, trust_device: bool) -> Verification | None:
    with suppress(MissingToken, InvalidToken, TokenExpired, SessionRequired):
        principal = find_principal(request, with_profile=True, user_row=factor_key)
        assert principal.profile is not None  # noqa: S101 -- it is read with the session
        return Verification(
            profile=principal.profile,
            factor=principal.row,  # type: ignore[arg-type] # the row of the key
            client=client,
            session=principal.session,
            trust_device=trust_device,
        )
    return None


def _invalid(request: Request) -> InvalidTwoFactorCookie:
    clear_with_response(request, TWO_FACTOR)
    return InvalidTwoFactorCookie()


async def _current_verification(body: CodeRequest, request: Request, client: CurrentClient) -> Verification:
    return find_verification(request, client, body.two_factor_token, trust_device=body.trust_device)


CurrentVerification = Annotated[Verification, Depends(_current_verification)]
