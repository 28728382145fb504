"""Sessions: a row each, and an epoch for each user that ends them all in one write."""

from gatehouse.sessions.flows import (
    all_of,
    check_lives,
    end,
    find,
    first_epoch,
    is_fresh,
    last_epoch,
    next_epoch,
    open_session,
    prove,
    renew,
    revoke,
    revoke_living,
    revoke_named,
    survive,
)
from gatehouse.sessions.model import AccessToken, Client, Opened, Proof, Session, SessionToken
from gatehouse.sessions.refresh import Refreshed, end_by_refresh, refresh, user_of

__all__ = [
    "AccessToken",
    "Client",
    "Opened",
    "Proof",
    "Refreshed",
    "Session",
    "SessionToken",
    "all_of",
    "check_lives",
    "end",
    "end_by_refresh",
    "find",
    "first_epoch",
    "is_fresh",
    "last_epoch",
    "next_epoch",
    "open_session",
    "prove",
    "refresh",
    "renew",
    "revoke",
    "revoke_living",
    "revoke_named",
    "survive",
    "user_of",
]
