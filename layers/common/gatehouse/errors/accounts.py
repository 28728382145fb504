"""Errors of accounts."""

from http import HTTPStatus

from gatehouse.errors import Refusal


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
