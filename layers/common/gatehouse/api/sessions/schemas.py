"""Sessions, as the better-auth client and the replaced systems expect them."""

from gatehouse.api_model import ResponseModel, Timestamp
from gatehouse.sessions import Session


class SessionBody(ResponseModel):
    """A session, as the better-auth client expects it. `token` is the caller's own for their own session, else the
    session's id.
    """

    id: str
    token: str
    user_id: str
    expires_at: Timestamp
    created_at: Timestamp
    updated_at: Timestamp
    ip_address: str
    user_agent: str


class ListedSession(ResponseModel):
    """A session, as the replaced systems listed it."""

    id: str
    token_excerpt: str
    expires_at: Timestamp
    ip_address: str
    user_agent: str
    created_at: Timestamp
    is_current: bool


class TrustedDeviceBody(ResponseModel):
    """A device on which the second factor is not asked for."""

    id: str
    created_at: Timestamp
    used_at: Timestamp
    expires_at: Timestamp
    ip_address: str
    user_agent: str
    is_current: bool


def listed_session(session: Session, current: Session) -> ListedSession:
    """Return the body for one of a user's sessions."""
    return ListedSession.of(session, token_excerpt=f"{session.id[:6]}…", is_current=session.id == current.id)
