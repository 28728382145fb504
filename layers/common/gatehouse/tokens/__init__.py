"""One-time tokens that are mailed. Each is a row, and that row is the order to send the mail."""

from gatehouse.tokens.flows import (
    derive_token,
    find_token,
    issue_token,
    mark_used,
    replace_token,
    replace_unmailed,
    still_works,
)
from gatehouse.tokens.model import SECURITY_CHANGES, MailedToken, MailState, Purpose
from gatehouse.tokens.table import TokenRow, email_subject

__all__ = [
    "SECURITY_CHANGES",
    "MailState",
    "MailedToken",
    "Purpose",
    "TokenRow",
    "derive_token",
    "email_subject",
    "find_token",
    "issue_token",
    "mark_used",
    "replace_token",
    "replace_unmailed",
    "still_works",
]
