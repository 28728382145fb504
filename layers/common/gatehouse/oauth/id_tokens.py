"""Verification of ID tokens: https://openid.net/specs/openid-connect-core-1_0.html, 3.1.3.7.

A token that no known key verifies reads the provider's keys again, at most every half minute.
"""

import hmac
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import jwt

from gatehouse import clock
from gatehouse.accounts.model import normalize_email
from gatehouse.errors.providers import InvalidIdToken, UserEmailNotFound
from gatehouse.oauth.model import Identity, Provider
from gatehouse.oauth.published import Published
from gatehouse.oauth.signing_keys import SigningKey, find_key, parse_keys

_LEEWAY = 30  # seconds that clocks may differ
_MAX_AGE = 3600  # seconds
_MAX_LENGTH = 16_384
_LONGEST_SUBJECT = 255


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
        header = jwt.get_unverified_header(token)
        if header.get("alg") not in provider.algorithms:
            raise InvalidIdToken(cause="the provider did not announce this algorithm")
        for keys in _key_sets(provider.jwks_url):
            key = find_key(keys, header.get("kid"), header.get("alg"))
            if key and (claims := _claims_by(provider, token, key)):
                return claims
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError, OverflowError) as error:
        raise InvalidIdToken(cause=f"{type(error).__name__}: {error}") from None
    raise InvalidIdToken(cause="none of the provider's keys verifies it")


def _claims_by(provider: Provider, token: str, key: SigningKey) -> dict[str, Any] | None:
    """Return the claims of a token; None where another key signed it."""
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            key.key,
            algorithms=list(key.algorithms),
            issuer=list(provider.issuers),
            audience=list(provider.client_ids),
            leeway=_LEEWAY,
            options={"require": ["iss", "sub", "aud", "exp", "iat"]},
        )
    except jwt.InvalidSignatureError:
        return None
    return claims


def _key_sets(url: str) -> Iterator[list[SigningKey]]:
    """Yield the keys as they are known, and those that may have replaced them, perhaps under the same id."""
    published = _published(url)
    keys = published.get()
    yield keys
    if renewed := published.renewed(keys):
        yield renewed


def _email(claims: dict[str, Any]) -> str:
    given = claims.get("email")
    try:
        return normalize_email(given if isinstance(given, str) else "")
    except ValueError:
        raise UserEmailNotFound from None


def _same(given: object, wanted: str) -> bool:
    return isinstance(given, str) and hmac.compare_digest(given.encode(), wanted.encode())


@cache
def _published(url: str) -> Published[list[SigningKey]]:
    return Published(url, parse_keys)
