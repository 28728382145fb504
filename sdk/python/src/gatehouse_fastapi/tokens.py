"""`check="token"`: JWTs are verified locally, without a call, so an ended session is accepted until its JWT expires."""

import jwt
from pydantic import ValidationError

from gatehouse_fastapi.credentials import Bearer, Cookies
from gatehouse_fastapi.keys import ALGORITHM, Keys
from gatehouse_fastapi.refusals import AccessTokenRequired, InvalidToken, TokenExpired
from gatehouse_fastapi.user import Claims, User

_JWT_DOTS = 2
_REQUIRED = ["sub", "sid", "iss", "aud", "iat", "exp"]


class TokenCheck:
    """Checks JWTs by their signatures."""

    takes_cookies = False  # they contain a session token

    def __init__(self, keys: Keys, *, issuer: str, audience: str, leeway: float) -> None:
        """`issuer` must be `iss`, `audience` in `aud`; `leeway` is how many seconds clocks may differ."""
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._leeway = leeway

    async def user_of(self, credential: Bearer | Cookies) -> User:
        """Return the user of a token; raises AccessTokenRequired, TokenExpired, InvalidToken or AuthUnavailable."""
        if not isinstance(credential, Bearer) or credential.token.count(".") != _JWT_DOTS:
            raise AccessTokenRequired
        key = await self._keys.find(_key_id(credential.token))
        if key is None:
            raise InvalidToken
        claims = self._claims(credential.token, key)
        return claims.in_session(claims.sid, None)

    async def aclose(self) -> None:
        """Do nothing: no connection is kept."""

    def _claims(self, token: str, key: jwt.PyJWK) -> Claims:
        try:
            found = jwt.decode(
                token,
                key,
                algorithms=[ALGORITHM],
                issuer=self._issuer,
                audience=self._audience,
                leeway=self._leeway,
                options={"require": _REQUIRED},
            )
            claims = Claims.model_validate(found)
        except jwt.ExpiredSignatureError:
            raise TokenExpired from None
        except (jwt.PyJWTError, ValidationError, ValueError, TypeError, OverflowError):
            raise InvalidToken from None
        if claims.sub != claims.id:
            raise InvalidToken
        return claims


def _key_id(token: str) -> str:
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        raise InvalidToken from None
    kid = header.get("kid")
    if header.get("alg") != ALGORITHM or "crit" in header or not isinstance(kid, str):
        raise InvalidToken
    return kid
