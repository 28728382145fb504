"""Issue JWT access tokens for the caller of a request."""

from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request

from gatehouse import clock, keys
from gatehouse.api.accounts.schemas import UserBody
from gatehouse.config import config
from gatehouse.errors import TwoFactorRequired
from gatehouse.http.authentication import check_second_factor
from gatehouse.http.origin import access_token_audience, base_url
from gatehouse.sessions import AccessToken, Credential, Session

_MAX_LENGTH = 2048
_CLAIMS = set(UserBody.model_fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedAccessToken:
    """A JWT and its lifetime in seconds."""

    text: str
    expires_in: int


def jwks_keys() -> list[dict[str, str]]:
    """Return the current signing keys as JWKs."""
    from gatehouse.keys import access_tokens  # noqa: PLC0415 -- the same

    keys.refresh()
    access_tokens.ensure_published()
    return list(keys.current_keyring().public_keys.values())


def access_token_for(
    request: Request, user: UserBody, session: Session, credential: Credential, *, latest: datetime | None
) -> str | None:
    """Return the access token for a response; `latest` as for `issue_access_token`. None for a session that still
    lacks a second factor, where one is required.

    A caller that came with a JWT keeps it: a stolen JWT must not renew itself.
    """
    if isinstance(credential, AccessToken):
        return credential.text
    try:
        return issue_access_token(request, user, session, latest=latest).text
    except TwoFactorRequired:
        return None


def issue_access_token(
    request: Request, user: UserBody, session: Session, *, latest: datetime | None = None
) -> IssuedAccessToken:
    """Issue a JWT with the user's fields as claims, signed by a published key. It expires no later than its session,
    and than `latest`.

    The image is left out where the JWT would have 2 KB with it: API Gateway accepts 10 KB of headers. Raises
    TwoFactorRequired where the session lacks a second factor: other backends would take the token.
    """
    from gatehouse.keys import access_tokens  # noqa: PLC0415 -- `cryptography` is for those who ask for a JWT

    check_second_factor(session)
    now = int(clock.now().timestamp())
    ends = [int(end.timestamp()) for end in (session.expires_at, latest) if end]
    expires_at = min(now + int(config().access_token_lifetime.total_seconds()), *ends)
    issuer = base_url(request)
    claims = user.model_dump(mode="json", by_alias=True, include=_CLAIMS) | {
        "sub": user.id,
        "sid": session.id,
        "iss": issuer,
        "aud": access_token_audience(request),
        "iat": now,
        "exp": expires_at,
    }
    text = access_tokens.sign(claims)
    if len(text) >= _MAX_LENGTH:
        text = access_tokens.sign(claims | {"image": None})
    return IssuedAccessToken(text=text, expires_in=expires_at - now)
