"""Why a request goes no further. Each has a status, a stable code and a sentence, as Gatehouse's own refusals have."""

from http import HTTPStatus
from typing import ClassVar

from fastapi import HTTPException


class Refusal(HTTPException):
    """The request was refused. `Gatehouse.install` makes `{"code", "message", "requestId"}` of it."""

    status: ClassVar[HTTPStatus]
    code: ClassVar[str]
    message: ClassVar[str]
    challenge: ClassVar[str] = ""  # as `WWW-Authenticate` has it

    def __init__(self, **headers: str) -> None:
        """`headers` go with the answer."""
        challenge = {"www-authenticate": self.challenge} if self.challenge else {}
        super().__init__(self.status, {"code": self.code, "message": self.message}, challenge | headers)


class MissingToken(Refusal):
    """Nothing was shown. RFC 6750 has no error for that."""

    status, code, message = HTTPStatus.UNAUTHORIZED, "MISSING_TOKEN", "Sign in first: the request carries no session."
    challenge = 'Bearer realm="gatehouse"'


class InvalidToken(Refusal):
    """What was shown is nobody's: made up, of another deployment, signed out, or a session that has expired."""

    status, code, message = HTTPStatus.UNAUTHORIZED, "INVALID_TOKEN", "Invalid token"
    challenge = f'{MissingToken.challenge}, error="invalid_token"'


class TokenExpired(InvalidToken):
    """A JWT was good until lately."""

    code, message = "TOKEN_EXPIRED", "Token expired"


class AccessTokenRequired(InvalidToken):
    """A session token was shown to an app that checks JWTs."""

    code = "ACCESS_TOKEN_REQUIRED"
    message = "This API takes access tokens (JWT), not session tokens: get one from GET /api/auth/token."


class MissingOrigin(Refusal):
    """A cookie came with a request that changes something, and nothing says from which site."""

    status, code, message = HTTPStatus.FORBIDDEN, "MISSING_OR_NULL_ORIGIN", "Missing or null Origin"


class InvalidOrigin(Refusal):
    """A cookie came with a request that changes something, from a site that is not trusted."""

    status, code, message = HTTPStatus.FORBIDDEN, "INVALID_ORIGIN", "Invalid origin"


class AuthUnavailable(Refusal):
    """Gatehouse cannot be asked, so nobody knows who is calling: neither signed in nor anonymous."""

    status, code = HTTPStatus.SERVICE_UNAVAILABLE, "AUTH_UNAVAILABLE"
    message = "Sign-in cannot be checked at the moment. Try again shortly."
    RETRY_AFTER: ClassVar[int] = 5  # seconds, where Gatehouse says nothing

    def __init__(self, cause: str, retry_after: int = RETRY_AFTER) -> None:
        """`cause` is for the log alone; `retry_after` is in seconds."""
        super().__init__(**{"retry-after": str(retry_after)})
        self.cause = cause
