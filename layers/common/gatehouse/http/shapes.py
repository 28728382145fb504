"""Bodies that several endpoints answer with."""

from typing import Self

from gatehouse.accounts import User
from gatehouse.sessions import Session, SessionToken
from gatehouse.wire import Moment, Wire


class UserBody(Wire):
    """A person, as the better-auth client knows them."""

    id: str
    email: str
    name: str
    image: str | None
    email_verified: bool
    created_at: Moment
    updated_at: Moment

    @classmethod
    def of(cls, user: User) -> Self:
        """The body for a user."""
        return cls.model_validate(user, from_attributes=True)


class SessionBody(Wire):
    """A session, as the better-auth client knows it."""

    id: str
    token: str
    user_id: str
    expires_at: Moment
    created_at: Moment
    updated_at: Moment
    ip_address: str
    user_agent: str

    @classmethod
    def of(cls, session: Session, token: SessionToken) -> Self:
        """The body for a session whose own token the caller sent."""
        return cls(
            id=session.id,
            token=str(token),
            user_id=session.user_id,
            expires_at=session.expires_at,
            created_at=session.created_at,
            updated_at=session.updated_at,
            ip_address=session.ip_address,
            user_agent=session.user_agent,
        )
