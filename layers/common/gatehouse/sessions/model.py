"""What a session is, and the token that proves it."""

import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from gatehouse.errors import InvalidToken

_FORM = re.compile(r"(?P<user_id>[0-9a-f-]{36})(?P<session_id>[\w-]{22})(?P<secret>[\w-]{43})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionToken:
    """Where the session's row is, and the secret whose SHA-256 the row keeps: 101 url-safe characters, no dots."""

    user_id: str
    session_id: str
    secret: str

    def __str__(self) -> str:
        return f"{self.user_id}{self.session_id}{self.secret}"

    @classmethod
    def new(cls, user_id: str) -> "SessionToken":
        """A token for a session that does not exist yet."""
        return cls(user_id=user_id, session_id=secrets.token_urlsafe(16), secret=secrets.token_urlsafe(32))

    @classmethod
    def parse(cls, text: str) -> "SessionToken":
        """Read a token back; raises InvalidToken for anything of another form."""
        match = _FORM.fullmatch(text)
        if not match:
            raise InvalidToken
        return cls(**match.groupdict())

    @property
    def digest(self) -> bytes:
        """What the row keeps of the secret."""
        return sha256(self.secret.encode()).digest()

    def proves(self, digest: bytes) -> bool:
        """Whether this token is the one behind `digest`; takes as long for any answer."""
        return hmac.compare_digest(self.digest, digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Where a request came from, empty when unknown, and the public URL by which it reached us."""

    base_url: str
    ip_address: str = ""
    user_agent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session as its user may see it."""

    id: str
    user_id: str
    created_at: datetime
    updated_at: datetime
    expires_at: datetime
    ip_address: str
    user_agent: str
    remember: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A session together with the token that proves it, which nobody can read back later."""

    session: Session
    token: SessionToken
