"""Verification of ID tokens: https://openid.net/specs/openid-connect-core-1_0.html, 3.1.3.7.

Keys are cached for an hour; an unknown key id reads them again, at most every half minute.
"""

import hmac
import json
import time
from functools import cache
from typing import Any

import jwt
from jwt import PyJWKClient

from gatehouse import clock
from gatehouse.accounts.model import normalize_email
from gatehouse.errors import InvalidIdToken, ProviderUnavailable, UserEmailNotFound
from gatehouse.oauth.fetch import fetch
from gatehouse.oauth.model import Identity, Provider

_KEYS_LIFETIME, _REFRESH_INTERVAL = 3600, 30  # seconds
_FETCH_SECONDS = 1.5  # seconds
_LEEWAY = 30  # seconds that clocks may differ
_MAX_AGE = 3600  # seconds
_MAX_LENGTH = 16_384
_LONGEST_SUBJECT = 255


class ProviderKeys(PyJWKClient):
    """A provider's public keys, fetched with our own timeouts and limits."""

    def fetch_data(self) -> Any:
        """Return the JWKS document; raises ProviderUnavailable."""
        status, response = fetch(self.uri, seconds=_FETCH_SECONDS)
        if status != 200 or not isinstance(response, dict):  # noqa: PLR2004 -- a status
            raise ProviderUnavailable(cause=f"{self.uri}: answered with {status}")
        self._last_successful_fetch = time.monotonic()  # or an unknown key id would make it fetch again at once
        return response


def verify_id_token(provider: Provider, token: str, nonce: str | None) -> Identity:
    """Return the identity in an ID token.

    Raises InvalidIdToken unless it is the provider's, for us, at most an hour old and, where one is given, has our
    nonce; UserEmailNotFound, ProviderUnavailable.
    """
    claims = _claims(provider, token)
    audience = claims["aud"]
    if isinstance(audience, list) and len(audience) > 1 and "azp" not in claims:
        raise InvalidIdToken(cause="several audiences, and no azp")
    if claims.get("azp", provider.client_ids[0]) not in provider.client_ids:
        raise InvalidIdToken(cause="azp is another client")
    if type(claims["iat"]) not in {int, float} or claims["iat"] < clock.now().timestamp() - _MAX_AGE - _LEEWAY:
        raise InvalidIdToken(cause="issued too long ago")
    if nonce is not None and not _same(claims.get("nonce"), nonce):
        raise InvalidIdToken(cause="the nonce is not that of this sign-in")
    if not 0 < len(claims["sub"]) <= _LONGEST_SUBJECT or not claims["sub"].isascii():
        raise InvalidIdToken(cause="the subject is empty, too long, or not ASCII")
    return Identity.of(provider, claims, _email(claims))


def unverified_claims(token: str) -> dict[str, Any]:
    """Return the claims of an ID token that was verified when it was stored."""
    text = json.dumps(jwt.decode(token, options={"verify_signature": False}), ensure_ascii=False)
    claims: dict[str, Any] = json.loads(text.encode(errors="replace"))  # half of a surrogate pair cannot be encoded
    return claims


def _claims(provider: Provider, token: str) -> dict[str, Any]:
    if len(token) > _MAX_LENGTH:
        raise InvalidIdToken(cause="too long")
    try:
        kid = jwt.get_unverified_header(token).get("kid")
        key = _keys(provider.jwks_url).get_signing_key(str(kid))
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=list(provider.algorithms),
            issuer=list(provider.issuers),
            audience=list(provider.client_ids),
            leeway=_LEEWAY,
            options={"require": ["iss", "sub", "aud", "exp", "iat"]},
        )
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError, OverflowError) as error:
        raise InvalidIdToken(cause=f"{type(error).__name__}: {error}") from None
    return claims


def _email(claims: dict[str, Any]) -> str:
    given = claims.get("email")
    try:
        return normalize_email(given if isinstance(given, str) else "")
    except ValueError:
        raise UserEmailNotFound from None


def _same(given: object, wanted: str) -> bool:
    return isinstance(given, str) and hmac.compare_digest(given.encode(), wanted.encode())


@cache
def _keys(url: str) -> ProviderKeys:
    return ProviderKeys(url, lifespan=_KEYS_LIFETIME, cooldown_duration=_REFRESH_INTERVAL)
