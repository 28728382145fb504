"""Errors of the second factor."""

from http import HTTPStatus

from gatehouse.errors import InvalidCode, Refusal, TooManyRequests


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


class BackupCodesNotEnabled(Refusal):
    """Backup codes aren't enabled"""

    code = "BACKUP_CODES_NOT_ENABLED"
