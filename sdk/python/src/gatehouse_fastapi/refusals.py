"""The errors of authentication. Each has a status, a stable code and a message, as Gatehouse's own errors have."""

from http import HTTPStatus
from typing import ClassVar

from fastapi import HTTPException


class Refusal(HTTPException):
    """The request was refused. `Gatehouse.install` turns it into `{"code", "message", "requestId"}`."""

    status: ClassVar[HTTPStatus]
    code: ClassVar[str]
    message: ClassVar[str]
    challenge: ClassVar[str] = ""  # the value of `WWW-Authenticate`

    def __init__(self, **headers: str) -> None:
        """`headers` are those of the response."""
        challenge = {"www-authenticate": self.challenge} if self.challenge else {}
        super().__init__(self.status, {"code": self.code, "message": self.message}, challenge | headers)


class MissingToken(Refusal):
    """The request has no credentials. RFC 6750 has no error for that."""

    status, code, message = HTTPStatus.UNAUTHORIZED, "MISSING_TOKEN", "Sign in first: the request has no credentials."
    challenge = 'Bearer realm="gatehouse"'


class InvalidToken(Refusal):
    """The credentials are invalid: forged, of another deployment, signed out, or of an expired session."""

    status, code, message = HTTPStatus.UNAUTHORIZED, "INVALID_TOKEN", "Invalid token"
    challenge = f'{MissingToken.challenge}, error="invalid_token"'


class TokenExpired(InvalidToken):
    """The JWT has expired."""

    code, message = "TOKEN_EXPIRED", "Token expired"


class AccessTokenRequired(InvalidToken):
    """A session token was sent to an app that checks JWTs."""

    code = "ACCESS_TOKEN_REQUIRED"
    message = "This API takes access tokens (JWT), not session tokens: get one from GET /api/auth/token."


class MissingOrigin(Refusal):
    """A state-changing request has a cookie and no origin."""

    status, code, message = HTTPStatus.FORBIDDEN, "MISSING_OR_NULL_ORIGIN", "Missing or null Origin"


class InvalidOrigin(Refusal):
    """A state-changing request has a cookie and comes from an untrusted site."""

    status, code, message = HTTPStatus.FORBIDDEN, "INVALID_ORIGIN", "Invalid origin"


class AuthUnavailable(Refusal):
    """Gatehouse is unavailable, so it is unknown whether the caller is signed in."""

    status, code = HTTPStatus.SERVICE_UNAVAILABLE, "AUTH_UNAVAILABLE"
    message = "Sign-in cannot be checked at the moment. Try again shortly."
    RETRY_AFTER: ClassVar[int] = 5  # seconds, where Gatehouse gives none

    def __init__(self, cause: str, retry_after: int = RETRY_AFTER) -> None:
        """`cause` is for the log alone; `retry_after` is in seconds."""
        super().__init__(**{"retry-after": str(retry_after)})
        self.cause = cause
