"""Who is calling, and the two forms in which Gatehouse tells it."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """Somebody signed in, as Gatehouse knows them.

    With `check="token"` all of it is as it was when the token was made, minutes ago, and `session_expires_at` is
    None: a JWT says when it ends itself, and not when its session does.
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


class _Wire(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, frozen=True)


class Person(_Wire):
    """The fields of a user: in an answer of `get-session` and, by the same names, among the claims of a JWT."""

    id: str = Field(min_length=1)
    email: str
    name: str
    image: str | None
    email_verified: bool
    created_at: AwareDatetime
    updated_at: AwareDatetime

    def in_session(self, session_id: str, expires_at: datetime | None) -> User:
        """The user, as the caller of a request."""
        return User(**self.model_dump(include=_OF_A_PERSON), session_id=session_id, session_expires_at=expires_at)


_OF_A_PERSON = set(Person.model_fields)


class Claims(Person):
    """What a JWT says beside when and for whom it is good: its user, once more as `sub`, and its session."""

    sub: str
    sid: str = Field(min_length=1)


class Session(_Wire):
    """What is needed of a session."""

    id: str = Field(min_length=1)
    expires_at: AwareDatetime


class SessionAndPerson(_Wire):
    """An answer of `get-session` that is not null."""

    session: Session
    user: Person
