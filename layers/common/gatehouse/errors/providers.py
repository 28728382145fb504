"""Errors of providers and linked accounts."""

from http import HTTPStatus

from gatehouse.errors import Refusal


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
