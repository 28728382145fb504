"""One-time tokens that travel by mail. Each is a row, and that row is the order to send the mail."""

from gatehouse.tokens.flows import issue, look_up, mailed_token, used
from gatehouse.tokens.model import MailState, Purpose
from gatehouse.tokens.table import TokenRow, subject_of

__all__ = ["MailState", "Purpose", "TokenRow", "issue", "look_up", "mailed_token", "subject_of", "used"]
