"""Mailed tokens: the coordinates of a row, and a MAC over the row's nonce."""

from dataclasses import dataclass
from enum import StrEnum

from gatehouse import base64url
from gatehouse.errors import InvalidToken

MAC_BYTES = 32
_MAC_LENGTH = 43  # 32 bytes in base64url without padding
_MAX_LENGTH = 600


class Purpose(StrEnum):
    """What a token is for, and which mail carries it. DECOY makes a request for an unknown address cost the same."""

    VERIFY_EMAIL = "verify-email"
    RESET_PASSWORD = "reset-password"  # noqa: S105 -- a name
    CONFIRM_EMAIL_CHANGE = "confirm-email-change"
    CHANGE_EMAIL = "change-email"
    DELETE_ACCOUNT = "delete-account"
    ACCOUNT_EXISTS = "account-exists"
    EMAIL_CHANGED = "email-changed"
    PASSWORD_CHANGED = "password-changed"  # noqa: S105 -- a name
    ACCESS_REMOVED = "access-removed"
    SIGN_IN_METHOD_ADDED = "sign-in-method-added"
    SIGN_IN_METHOD_REMOVED = "sign-in-method-removed"
    NEW_DEVICE = "new-device"
    TWO_FACTOR_CODE = "two-factor-code"
    TWO_FACTOR_ON = "two-factor-on"
    TWO_FACTOR_OFF = "two-factor-off"
    TWO_FACTOR_RESET = "two-factor-reset"
    TWO_FACTOR_LOCKED = "two-factor-locked"
    BACKUP_CODES_RENEWED = "backup-codes-renewed"
    BACKUP_CODE_USED = "backup-code-used"
    TASK_DIGEST = "task-digest"
    DECOY = "nothing"


SECURITY_CHANGES = {
    Purpose.TWO_FACTOR_ON,
    Purpose.TWO_FACTOR_OFF,
    Purpose.TWO_FACTOR_RESET,
    Purpose.TWO_FACTOR_LOCKED,
    Purpose.BACKUP_CODES_RENEWED,
    Purpose.BACKUP_CODE_USED,
}
"""Changes that one mail tells of, each in its words; and each has a row of its own, so that none replaces another."""


class MailState(StrEnum):
    """The state of a row's mail; NONE is never sent."""

    NONE = "none"
    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    SUPPRESSED = "suppressed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class MailedToken:
    """A token as it appears in a link: url-safe, no dots."""

    purpose: Purpose
    subject: str
    mac: bytes

    def __str__(self) -> str:
        return base64url.encode(f"{self.purpose} {self.subject}".encode()) + base64url.encode(self.mac)

    @classmethod
    def parse(cls, text: str) -> "MailedToken":
        """Parse a token; raises InvalidToken for any other form."""
        try:
            purpose, subject = base64url.decode(text[:-_MAC_LENGTH]).decode().split(" ")
            token = cls(purpose=Purpose(purpose), subject=subject, mac=base64url.decode(text[-_MAC_LENGTH:]))
        except ValueError:
            raise InvalidToken from None
        if not subject or len(text) > _MAX_LENGTH or str(token) != text:
            raise InvalidToken
        return token
