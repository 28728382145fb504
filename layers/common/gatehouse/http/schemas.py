"""Response bodies that several endpoints share."""

from operator import not_
from typing import Self

from pydantic import Field

from gatehouse.accounts import User
from gatehouse.accounts.model import UTC
from gatehouse.api_model import ResponseModel, Timestamp
from gatehouse.sessions import Session

StatusBody = dict[str, bool]  # such as {"status": true}


class UserBody(ResponseModel):
    """A user, as the better-auth client expects it."""

    id: str
    email: str
    name: str
    image: str | None
    email_verified: bool
    created_at: Timestamp
    updated_at: Timestamp

    @classmethod
    def of(cls, user: User) -> Self:
        """Return the body for a user."""
        return cls.model_validate(user, from_attributes=True)


class OwnUserBody(UserBody):
    """A user as they see themselves, with those settings that differ from the defaults."""

    task_reminders: bool = Field(default=False, exclude_if=not_)
    time_zone: str = Field(default=UTC, exclude_if=lambda zone: zone == UTC)


class SessionBody(ResponseModel):
    """A session, as the better-auth client expects it."""

    id: str
    token: str
    user_id: str
    expires_at: Timestamp
    created_at: Timestamp
    updated_at: Timestamp
    ip_address: str
    user_agent: str

    @classmethod
    def of(cls, session: Session, token: object) -> Self:
        """Return the body for a session. `token` is the caller's own for their own session, else the session's id."""
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


class ListedSession(ResponseModel):
    """A session as the replaced systems listed it."""

    id: str
    token_excerpt: str
    expires_at: Timestamp
    ip_address: str
    user_agent: str
    created_at: Timestamp
    is_current: bool

    @classmethod
    def of(cls, session: Session, current: Session) -> Self:
        """Return the body for one of a user's sessions."""
        return cls(
            id=session.id,
            token_excerpt=f"{session.id[:6]}…",
            expires_at=session.expires_at,
            ip_address=session.ip_address,
            user_agent=session.user_agent,
            created_at=session.created_at,
            is_current=session.id == current.id,
        )
