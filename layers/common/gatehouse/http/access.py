"""Access tokens for a request's caller: who they are, which session it is of, and until when it is good."""

from dataclasses import dataclass

from starlette.requests import Request

from gatehouse import clock, keys
from gatehouse.config import config
from gatehouse.http.origin import base_url
from gatehouse.http.shapes import SessionBody, UserBody
from gatehouse.sessions import AccessToken, Proof, Session

_CLAIMS = set(UserBody.model_fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A JWT, and the seconds that it is good for."""

    text: str
    seconds: int


def public_keys() -> list[dict[str, str]]:
    """The keys that access tokens are signed with, as JWKS has them, and as they are now."""
    from gatehouse.keys import access  # noqa: PLC0415 -- the same

    keys.reread()
    access.publish()
    return list(keys.current().public_keys.values())


def for_caller(request: Request, user: UserBody, session: Session | SessionBody, proof: Proof) -> str:
    """The JWT that a caller may go on with. Who came by JWT keeps that one: a stolen one must not renew itself."""
    return proof.text if isinstance(proof, AccessToken) else issue(request, user, session).text


def issue(request: Request, user: UserBody, session: Session | SessionBody) -> Issued:
    """A JWT with the user's fields as claims, signed by the key that JWKS shows. It dies with its session.

    A picture that is kept here stays behind: API Gateway takes 10 KB of headers, and a JWT must fit.
    """
    from gatehouse.keys import access  # noqa: PLC0415 -- `cryptography` is for those who ask for a JWT

    now = int(clock.now().timestamp())
    expires_at = min(now + int(config().access_token_lifetime.total_seconds()), int(session.expires_at.timestamp()))
    issuer = base_url(request)
    claims = user.model_dump(mode="json", by_alias=True, include=_CLAIMS) | {
        "image": None if user.image and user.image.startswith("data:") else user.image,
        "sub": user.id,
        "sid": session.id,
        "iss": issuer,
        "aud": issuer,
        "iat": now,
        "exp": expires_at,
    }
    return Issued(text=access.sign(claims), seconds=expires_at - now)
