"""Errors of passkeys."""

from http import HTTPStatus

from gatehouse.errors import Refusal


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
