"""Sessions: a row each, and an epoch for each user that ends them all in one write."""

from gatehouse.sessions.flows import end, find, first_epoch, next_epoch, open_session, renew
from gatehouse.sessions.model import Client, Opened, Session, SessionToken
from gatehouse.sessions.table import EPOCH, SessionRow

__all__ = [
    "EPOCH",
    "Client",
    "Opened",
    "Session",
    "SessionRow",
    "SessionToken",
    "end",
    "find",
    "first_epoch",
    "next_epoch",
    "open_session",
    "renew",
]
