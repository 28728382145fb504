"""JWT access tokens, signed with Ed25519. Imported only where needed, because `cryptography` is slow to import."""

import json
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt import PyJWK, api_jws

from gatehouse import base64url, clock
from gatehouse.config import is_snapstart_init
from gatehouse.errors import InvalidToken, TokenExpired
from gatehouse.keys import macs
from gatehouse.keys.keyring import current_keyring, publish_first_key
from gatehouse.keys.secret import derived_key

_ALGORITHM = "EdDSA"
_SIGNING = b"gatehouse access token"
_REQUIRED = ["sub", "sid", "iss", "aud", "iat", "exp"]
_LEEWAY = 30  # seconds that clocks may differ
_MAX_LENGTH = 8192
_LATEST_TIME = 1e12  # seconds


def warm_up() -> None:
    """Read and derive the signing key before the first request, but not for a snapshot."""
    macs.warm_up()
    if not is_snapstart_init():
        public_key(current_keyring().newest)


def sign(claims: dict[str, Any]) -> str:
    """Return a JWT over `claims`, signed by a published key. Its JSON is UTF-8, because escapes are longer."""
    kid, key = _signing_key()
    payload = json.dumps(claims, separators=(",", ":"), ensure_ascii=False).encode()
    return api_jws.encode(payload, key, algorithm=_ALGORITHM, headers={"kid": kid, "typ": None})


def verify(token: str, public_keys: dict[str, dict[str, str]], *, issuer: str, audience: str) -> dict[str, Any]:
    """Return the claims of a valid JWT of ours; raises InvalidToken, TokenExpired."""
    header = _header(token)
    public = public_keys.get(str(header.get("kid")))
    if not public or "crit" in header:
        raise InvalidToken
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            PyJWK(public, algorithm=_ALGORITHM),
            algorithms=[_ALGORITHM],
            issuer=issuer,
            audience=audience,
            options={"require": _REQUIRED, "verify_exp": False, "verify_iat": False, "verify_nbf": False},
        )
    except (jwt.PyJWTError, ValueError, TypeError):
        raise InvalidToken from None
    _check_time(claims, clock.now())
    return claims


def unverified_ids(token: str) -> tuple[str, str]:
    """Return the user id and the session id in a JWT, unverified; raises InvalidToken."""
    _header(token)
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except (jwt.PyJWTError, ValueError, TypeError):
        raise InvalidToken from None
    user_id, session_id = claims.get("sub"), claims.get("sid")
    if not isinstance(user_id, str) or not isinstance(session_id, str) or not user_id or not session_id:
        raise InvalidToken
    return user_id, session_id


def public_key(version: str) -> tuple[str, dict[str, str]]:
    """Return the key id and the JWK of a version's signing key."""
    raw = _private_key(version).public_key().public_bytes_raw()
    kid = base64url.encode(sha256(raw).digest()[:12])
    return kid, {"alg": _ALGORITHM, "crv": "Ed25519", "kty": "OKP", "x": base64url.encode(raw), "kid": kid}


def ensure_published() -> None:
    """Publish the newest signing key, unless it is published."""
    kid, jwk = public_key(current_keyring().newest)
    if kid not in current_keyring().public_keys:
        publish_first_key(kid, jwk)


def _signing_key() -> tuple[str, Ed25519PrivateKey]:
    ensure_published()
    newest = current_keyring().newest
    return public_key(newest)[0], _private_key(newest)


@cache
def _private_key(version: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(derived_key(version, _SIGNING))


def _header(token: str) -> dict[str, Any]:
    if len(token) > _MAX_LENGTH:
        raise InvalidToken
    try:
        header: dict[str, Any] = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        raise InvalidToken from None
    if header.get("alg") != _ALGORITHM or header.get("typ", "JWT") != "JWT":
        raise InvalidToken
    return header


def _check_time(claims: dict[str, Any], now: datetime) -> None:
    seconds = now.timestamp()
    times = [claims["iat"], claims["exp"], claims.get("nbf", claims["iat"])]
    if not all(type(moment) in {int, float} and 0 <= moment < _LATEST_TIME for moment in times):
        raise InvalidToken
    issued_at, expires_at, not_before = times
    if max(issued_at, not_before) > seconds + _LEEWAY:
        raise InvalidToken
    if expires_at <= seconds:
        raise TokenExpired
