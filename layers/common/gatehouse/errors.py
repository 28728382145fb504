"""Every error that the service can answer with. The docstring of a class is the message of the response."""

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


# -- The request ------------------------------------------------------------------


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


class PreconditionFailed(Refusal):
    """The task is not in the expected state. Read it again."""

    status, code = HTTPStatus.PRECONDITION_FAILED, "PRECONDITION_FAILED"


class IdempotencyKeyReused(Refusal):
    """This Idempotency-Key was used for another request. Use a new key."""

    status, code = HTTPStatus.UNPROCESSABLE_ENTITY, "IDEMPOTENCY_KEY_REUSED"


class TaskLimitReached(Refusal):
    """Your list is full. Delete tasks to make room."""

    status, code = HTTPStatus.CONFLICT, "TASK_LIMIT_REACHED"


class SyncTokenExpired(Refusal):
    """The sync token has expired. Start again without a token."""

    status, code = HTTPStatus.GONE, "SYNC_TOKEN_EXPIRED"


class MethodNotAllowed(Refusal):
    """This path does not support this method."""

    status, code = HTTPStatus.METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED"


# -- The caller -------------------------------------------------------------------


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


# -- Accounts ---------------------------------------------------------------------


class SignUpDisabled(Refusal):
    """Email and password sign up is not enabled"""

    code = "EMAIL_PASSWORD_SIGN_UP_DISABLED"


class WeakPassword(Refusal):
    """This password is too easy to guess. Choose another one."""

    code = "WEAK_PASSWORD"


class PasswordCompromised(Refusal):
    """The password you entered has been compromised. Please choose a different password."""

    code = "PASSWORD_COMPROMISED"


class InvalidPassword(Refusal):
    """Invalid password"""

    code = "INVALID_PASSWORD"


class PasswordRequired(Refusal):
    """A password is required to prove whose account this is. Send it together with the token."""

    code = "PASSWORD_REQUIRED"


class CredentialAccountNotFound(Refusal):
    """Credential account not found"""

    code = "CREDENTIAL_ACCOUNT_NOT_FOUND"


class EmailCanNotBeUpdated(Refusal):
    """Email can not be updated"""

    code = "EMAIL_CAN_NOT_BE_UPDATED"


class NoFieldsToUpdate(Refusal):
    """No fields to update"""

    code = "NO_FIELDS_TO_UPDATE"


class PictureNotSupported(Refusal):
    """This is not a picture that can be shown. Choose a PNG, JPEG or WebP file."""

    code = "PICTURE_NOT_SUPPORTED"


class PictureTooLarge(Refusal):
    """This picture is too large. Choose one of at most 75 KB."""

    code = "PICTURE_TOO_LARGE"


class EmailIsTheSame(Refusal):
    """Email is the same"""

    code = "EMAIL_IS_THE_SAME"


class EmailMismatch(Refusal):
    """Email mismatch"""

    code = "EMAIL_MISMATCH"


class EmailAlreadyVerified(Refusal):
    """Email is already verified"""

    code = "EMAIL_ALREADY_VERIFIED"


class UserInfoNotFound(Refusal):
    """Failed to get user info"""

    status, code = HTTPStatus.NOT_FOUND, "FAILED_TO_GET_USER_INFO"


class InvalidEmail(Refusal):
    """Invalid email"""

    code = "INVALID_EMAIL"


class PasswordTooShort(Refusal):
    """Password too short"""

    code = "PASSWORD_TOO_SHORT"


class PasswordTooLong(Refusal):
    """Password too long"""

    code = "PASSWORD_TOO_LONG"


class InvalidEmailOrPassword(Refusal):
    """Invalid email or password"""

    status, code = HTTPStatus.UNAUTHORIZED, "INVALID_EMAIL_OR_PASSWORD"


class EmailNotVerified(Refusal):
    """Email not verified"""

    status, code = HTTPStatus.FORBIDDEN, "EMAIL_NOT_VERIFIED"


class UserAlreadyExists(Refusal):
    """User already exists. Use another email."""

    status, code = HTTPStatus.UNPROCESSABLE_ENTITY, "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"


# -- Providers and linked accounts ------------------------------------------------


class ProviderNotFound(Refusal):
    """Provider not found"""

    status, code = HTTPStatus.NOT_FOUND, "PROVIDER_NOT_FOUND"


class ProviderUnavailable(Refusal):
    """The provider does not respond correctly. Try again in a moment."""

    status, code = HTTPStatus.BAD_GATEWAY, "PROVIDER_UNAVAILABLE"


class StateNotFound(Refusal):
    """The state of this sign-in is missing. Start the sign-in again."""

    code = "STATE_NOT_FOUND"


class StateMismatch(Refusal):
    """The browser sent no cookie of this sign-in: it is blocked, expired, used, or in another browser. Start again."""

    code = "STATE_MISMATCH"


class ProviderRefused(Refusal):
    """The provider refused the sign-in."""

    status, code = HTTPStatus.UNAUTHORIZED, "PROVIDER_REFUSED"


class NoCode(Refusal):
    """The provider sent no code."""

    code = "NO_CODE"


class InvalidCode(Refusal):
    """The provider does not accept this code. Start the sign-in again."""

    code = "INVALID_CODE"


class IssuerMismatch(Refusal):
    """The response is from another provider. Start the sign-in again."""

    code = "ISSUER_MISMATCH"


class InvalidIdToken(Refusal):
    """The ID token is not from this provider, not for this service, or too old."""

    status, code = HTTPStatus.UNAUTHORIZED, "INVALID_ID_TOKEN"


class UserEmailNotFound(Refusal):
    """User email not found"""

    status, code = HTTPStatus.UNAUTHORIZED, "USER_EMAIL_NOT_FOUND"


class OAuthLinkError(Refusal):
    """account not linked"""

    status, code = HTTPStatus.UNAUTHORIZED, "OAUTH_LINK_ERROR"


class SocialAccountAlreadyLinked(Refusal):
    """Social account already linked"""

    status, code = HTTPStatus.CONFLICT, "SOCIAL_ACCOUNT_ALREADY_LINKED"


class LinkingDifferentEmails(Refusal):
    """Account not linked - different emails not allowed"""

    status, code = HTTPStatus.UNAUTHORIZED, "LINKING_DIFFERENT_EMAILS_NOT_ALLOWED"


class LinkingNotAllowed(Refusal):
    """Account not linked - linking not allowed"""

    status, code = HTTPStatus.UNAUTHORIZED, "LINKING_NOT_ALLOWED"


class AccountNotFound(Refusal):
    """Account not found"""

    code = "ACCOUNT_NOT_FOUND"


class FailedToUnlinkLastAccount(Refusal):
    """You can't unlink your last account"""

    code = "FAILED_TO_UNLINK_LAST_ACCOUNT"


class ProviderNotSupported(Refusal):
    """The provider of this account is not supported"""

    code = "PROVIDER_NOT_SUPPORTED"


class ProviderNotConfigured(Refusal):
    """The provider of this account is not configured"""

    code = "PROVIDER_NOT_CONFIGURED"


class FailedToGetAccessToken(Refusal):
    """Failed to get a valid access token"""

    code = "FAILED_TO_GET_ACCESS_TOKEN"


class RefreshTokenNotFound(Refusal):
    """Refresh token not found"""

    code = "REFRESH_TOKEN_NOT_FOUND"


class FailedToRefreshAccessToken(Refusal):
    """Failed to refresh access token"""

    code = "FAILED_TO_REFRESH_ACCESS_TOKEN"


# -- Passkeys ---------------------------------------------------------------------


class ChallengeNotFound(Refusal):
    """Challenge not found"""

    code = "CHALLENGE_NOT_FOUND"


class FailedToVerifyRegistration(Refusal):
    """Failed to verify registration"""

    code = "FAILED_TO_VERIFY_REGISTRATION"


class RegistrationOfAnotherUser(Refusal):
    """You are not allowed to register this passkey"""

    status, code = HTTPStatus.UNAUTHORIZED, "YOU_ARE_NOT_ALLOWED_TO_REGISTER_THIS_PASSKEY"


class PreviouslyRegistered(Refusal):
    """Previously registered"""

    code = "PREVIOUSLY_REGISTERED"


class PasskeyLimitReached(Refusal):
    """You have as many passkeys as an account can have. Delete one to make room."""

    status, code = HTTPStatus.CONFLICT, "PASSKEY_LIMIT_REACHED"


class AccountNotProven(Refusal):
    """Nothing shows yet that this account belongs to the owner of its email address."""

    status, code = HTTPStatus.FORBIDDEN, "ACCOUNT_NOT_PROVEN"


class AuthenticationFailed(Refusal):
    """Authentication failed"""

    code = "AUTHENTICATION_FAILED"


class NotThePasskey(AuthenticationFailed):
    """Authentication failed"""

    status = HTTPStatus.UNAUTHORIZED


class PasskeyNotFound(Refusal):
    """Passkey not found"""

    status, code = HTTPStatus.NOT_FOUND, "PASSKEY_NOT_FOUND"


# -- The second factor ------------------------------------------------------------


class InvalidTwoFactorCookie(Refusal):
    """Invalid two factor cookie"""

    status, code = HTTPStatus.UNAUTHORIZED, "INVALID_TWO_FACTOR_COOKIE"


class InvalidTwoFactorCode(InvalidCode):
    """Invalid code"""

    status = HTTPStatus.UNAUTHORIZED


class InvalidBackupCode(Refusal):
    """Invalid backup code"""

    status, code = HTTPStatus.UNAUTHORIZED, "INVALID_BACKUP_CODE"


class TooManyAttempts(Refusal):
    """Too many attempts. Please request a new code."""

    code = "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE"


class AccountTemporarilyLocked(TooManyRequests):
    """Too many failed verification attempts. Your account is temporarily locked. Please try again later."""

    code = "ACCOUNT_TEMPORARILY_LOCKED"


class OtpHasExpired(Refusal):
    """OTP has expired"""

    code = "OTP_HAS_EXPIRED"


class OtpNotConfigured(Refusal):
    """OTP is not available"""

    code = "OTP_NOT_CONFIGURED"


class TotpNotEnabled(Refusal):
    """TOTP not enabled"""

    code = "TOTP_NOT_ENABLED"


class TotpAlreadyEnabled(Refusal):
    """TOTP is already enabled"""

    code = "TOTP_ALREADY_ENABLED"


class TwoFactorNotEnabled(Refusal):
    """Two factor isn't enabled"""

    code = "TWO_FACTOR_NOT_ENABLED"


class TwoFactorRequired(Refusal):
    """Set up a second factor first, or sign in again with yours."""

    status, code = HTTPStatus.FORBIDDEN, "TWO_FACTOR_REQUIRED"


class BackupCodesNotEnabled(Refusal):
    """Backup codes aren't enabled"""

    code = "BACKUP_CODES_NOT_ENABLED"


# -- The service ------------------------------------------------------------------


class InternalError(Refusal):
    """Internal error. The request id identifies it in the log."""

    status, code = HTTPStatus.INTERNAL_SERVER_ERROR, "INTERNAL_SERVER_ERROR"


class ServiceUnavailable(Refusal):
    """The service is unavailable. Try again in a moment."""

    status, code = HTTPStatus.SERVICE_UNAVAILABLE, "SERVICE_UNAVAILABLE"

    def __init__(self) -> None:
        super().__init__()
        self.headers = {"retry-after": "1"}
