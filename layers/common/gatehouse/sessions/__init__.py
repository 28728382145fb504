"""Sessions: one row each, and an epoch per user that ends them all in one write."""

from gatehouse.sessions.flows import (
    active_sessions,
    advance_epoch,
    carry_over,
    check_active,
    create_epoch,
    delete_epoch,
    end_session,
    find_session,
    is_fresh,
    mark_reauthenticated,
    new_session,
    renew,
    revoke,
    revoke_active,
    revoke_named,
)
from gatehouse.sessions.model import AccessToken, ClientInfo, Credential, IssuedSession, Session, SessionToken

__all__ = [
    "AccessToken",
    "ClientInfo",
    "Credential",
    "IssuedSession",
    "Session",
    "SessionToken",
    "active_sessions",
    "advance_epoch",
    "carry_over",
    "check_active",
    "create_epoch",
    "delete_epoch",
    "end_session",
    "find_session",
    "is_fresh",
    "mark_reauthenticated",
    "new_session",
    "renew",
    "revoke",
    "revoke_active",
    "revoke_named",
]
