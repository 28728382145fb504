"""Every error that the service can answer with. The docstring of a class is the message of the response.

Those of one subject are in its module: a function loads only the subjects that it uses.
"""

from http import HTTPStatus
from typing import Any, ClassVar


class Refusal(Exception):
    """The request was refused."""

    status: ClassVar[HTTPStatus] = HTTPStatus.BAD_REQUEST
    code: ClassVar[str] = "REFUSED"

    def __init__(
        self,
        message: str | None = None,
        *,
        details: Any = None,
        status: HTTPStatus | None = None,
        cause: str | None = None,
    ) -> None:
        """`message` replaces the docstring, `status` the status of the class.

        `cause` is only logged.
        """
        super().__init__(message or (self.__doc__ or "").strip())
        self.details = details
        self.cause = cause
        self.headers: dict[str, str] = {}
        self.http_status = status or self.status


# -- The request -----------------------------------------------------------------


class BadRequest(Refusal):
    """Invalid JSON in request body"""

    code = "BAD_REQUEST"


class InvalidInput(Refusal):
    """The input is not valid."""

    code = "VALIDATION_ERROR"


class UnsupportedMediaType(Refusal):
    """Send the body as application/json."""

    status, code = HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE"


class PayloadTooLarge(Refusal):
    """The request body is larger than this endpoint accepts."""

    status, code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "PAYLOAD_TOO_LARGE"


class NotFound(Refusal):
    """Not found."""

    status, code = HTTPStatus.NOT_FOUND, "NOT_FOUND"


class MethodNotAllowed(Refusal):
    """This path does not support this method."""

    status, code = HTTPStatus.METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED"


# -- The caller ------------------------------------------------------------------


class Unauthorized(Refusal):
    """Unauthorized"""

    status, code = HTTPStatus.UNAUTHORIZED, "UNAUTHORIZED"


class MissingToken(Refusal):
    """Sign in first: the request has no credentials."""

    status, code = HTTPStatus.UNAUTHORIZED, "MISSING_TOKEN"


class InvalidToken(Refusal):
    """Invalid token"""

    code = "INVALID_TOKEN"


class SessionEnded(InvalidToken):
    """Invalid token"""

    status = HTTPStatus.UNAUTHORIZED


class TokenExpired(Refusal):
    """Token expired"""

    code = "TOKEN_EXPIRED"


class InvalidCode(Refusal):
    """The provider does not accept this code. Start the sign-in again."""

    code = "INVALID_CODE"


class MissingOrigin(Refusal):
    """Missing or null Origin"""

    status, code = HTTPStatus.FORBIDDEN, "MISSING_OR_NULL_ORIGIN"


class InvalidOrigin(Refusal):
    """Invalid origin"""

    status, code = HTTPStatus.FORBIDDEN, "INVALID_ORIGIN"


class CrossSiteLogin(Refusal):
    """Cross-site navigation login blocked. This request appears to be a CSRF attack."""

    status, code = HTTPStatus.FORBIDDEN, "CROSS_SITE_NAVIGATION_LOGIN_BLOCKED"


class InvalidCallbackUrl(Refusal):
    """Invalid callbackURL"""

    status, code = HTTPStatus.FORBIDDEN, "INVALID_CALLBACK_URL"


class InvalidRedirectUrl(Refusal):
    """Invalid redirectURL"""

    status, code = HTTPStatus.FORBIDDEN, "INVALID_REDIRECT_URL"


class InvalidErrorCallbackUrl(Refusal):
    """Invalid errorCallbackURL"""

    status, code = HTTPStatus.FORBIDDEN, "INVALID_ERROR_CALLBACK_URL"


class InvalidNewUserCallbackUrl(Refusal):
    """Invalid newUserCallbackURL"""

    status, code = HTTPStatus.FORBIDDEN, "INVALID_NEW_USER_CALLBACK_URL"


class SessionNotFresh(Refusal):
    """Session is not fresh"""

    status, code = HTTPStatus.FORBIDDEN, "SESSION_NOT_FRESH"


class SessionRequired(Refusal):
    """An access token is not enough for this: send the session's token or its cookie."""

    status, code = HTTPStatus.FORBIDDEN, "SESSION_REQUIRED"


class SessionExpired(Refusal):
    """Session expired. Re-authenticate to perform this action."""

    code = "SESSION_EXPIRED"


class CannotRevokeCurrentSession(Refusal):
    """This is your current session. Sign out instead."""

    code = "CANNOT_REVOKE_CURRENT_SESSION"


class TooManyRequests(Refusal):
    """Too many requests. Please try again later."""

    status, code = HTTPStatus.TOO_MANY_REQUESTS, "TOO_MANY_REQUESTS"

    def __init__(self, retry_after: int = 1, *, limit: int | None = None, resets_at: int = 0) -> None:
        """`retry_after` is in seconds. With `limit`, headers show the calls of a window and its end in Unix seconds."""
        super().__init__()
        self.headers = {"retry-after": str(retry_after), "x-retry-after": str(retry_after)}
        if limit is not None:
            self.headers |= {
                "x-ratelimit-limit": str(limit),
                "x-ratelimit-remaining": "0",
                "x-ratelimit-reset": str(resets_at),
            }


class TooManyWrongPasswords(Refusal):
    """Too many wrong passwords. You were signed out."""

    status, code = HTTPStatus.UNAUTHORIZED, "TOO_MANY_WRONG_PASSWORDS"


class TwoFactorRequired(Refusal):
    """Set up a second factor first, or sign in again with yours."""

    status, code = HTTPStatus.FORBIDDEN, "TWO_FACTOR_REQUIRED"


# -- The service -----------------------------------------------------------------


class InternalError(Refusal):
    """Internal error. The request id identifies it in the log."""

    status, code = HTTPStatus.INTERNAL_SERVER_ERROR, "INTERNAL_SERVER_ERROR"


class ServiceUnavailable(Refusal):
    """The service is unavailable. Try again in a moment."""

    status, code = HTTPStatus.SERVICE_UNAVAILABLE, "SERVICE_UNAVAILABLE"

    def __init__(self) -> None:
        super().__init__()
        self.headers = {"retry-after": "1"}
