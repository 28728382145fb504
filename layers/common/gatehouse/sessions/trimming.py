"""End the sessions that a user has beyond the maximum."""

from gatehouse.config import config
from gatehouse.dynamodb import batch_get
from gatehouse.query import batch_delete
from gatehouse.sessions.flows import active_sessions
from gatehouse.sessions.table import SessionRow, epoch_key


def end_excess_sessions(user_id: str) -> int:
    """End the sessions beyond the maximum, those renewed the longest ago; returns their number."""
    (epoch,) = batch_get(epoch_key(user_id))
    if epoch is None:
        return 0
    by_use = sorted(active_sessions(user_id, epoch.epoch), key=lambda session: session.updated_at)
    excess = by_use[: -config().maximum_sessions]
    batch_delete(SessionRow, [{"user_id": {"S": user_id}, "session_id": {"S": session.id}} for session in excess])
    return len(excess)
