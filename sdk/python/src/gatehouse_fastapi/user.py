"""The user, in the two forms in which Gatehouse sends it."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A signed-in user.

    With `check="token"` the fields are as of when the token was issued, minutes ago, and `session_expires_at` is None:
    a JWT has its own expiry, not its session's.
    """

    id: str
    email: str
    name: str
    image: str | None
    email_verified: bool
    created_at: datetime
    updated_at: datetime
    session_id: str
    session_expires_at: datetime | None


class _ApiModel(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, frozen=True)


class UserFields(_ApiModel):
    """The fields of a user in a `get-session` response and, by the same names, in the claims of a JWT."""

    id: str = Field(min_length=1)
    email: str
    name: str
    image: str | None
    email_verified: bool
    created_at: AwareDatetime
    updated_at: AwareDatetime

    def in_session(self, session_id: str, expires_at: datetime | None) -> User:
        """Return the user as the caller of a request."""
        return User(**self.model_dump(include=_USER_FIELDS), session_id=session_id, session_expires_at=expires_at)


_USER_FIELDS = set(UserFields.model_fields)


class Claims(UserFields):
    """The claims of a JWT beside its times, issuer and audience: the user, with `sub` once more, and the session."""

    sub: str
    sid: str = Field(min_length=1)


class Session(_ApiModel):
    """The fields of a session that are used here."""

    id: str = Field(min_length=1)
    expires_at: AwareDatetime


class SessionAndUser(_ApiModel):
    """A `get-session` response that is not null."""

    session: Session
    user: UserFields
