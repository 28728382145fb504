"""Lists of sessions."""

from gatehouse.api_model import ResponseModel, Timestamp
from gatehouse.sessions import Session


class ListedSession(ResponseModel):
    """A session, as the replaced systems listed it."""

    id: str
    token_excerpt: str
    expires_at: Timestamp
    ip_address: str
    user_agent: str
    created_at: Timestamp
    is_current: bool


def listed_session(session: Session, current: Session) -> ListedSession:
    """Return the body for one of a user's sessions."""
    return ListedSession.of(session, token_excerpt=f"{session.id[:6]}…", is_current=session.id == current.id)
