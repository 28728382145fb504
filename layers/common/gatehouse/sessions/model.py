"""What a session is, and the three kinds of token that stand for it."""

import hmac
import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Protocol

from gatehouse import keys
from gatehouse.errors import InvalidToken
from gatehouse.languages import DEFAULT

_SESSION_ID = r"(?P<session_id>[\w-]{22})"
_PLACE = rf"(?P<user_id>[0-9a-f-]{{36}}){_SESSION_ID}"
_KEY = re.compile(_PLACE, re.ASCII)
_SESSION_TOKEN = re.compile(_PLACE + r"(?P<secret>[\w-]{43})", re.ASCII)
_REFRESH_TOKEN = re.compile(_PLACE + r"(?P<generation>[0-9a-f]{8})(?P<mac>[\w-]{43})", re.ASCII)


def is_session_id(text: str) -> bool:
    """Whether a session could have this id."""
    return re.fullmatch(_SESSION_ID, text, re.ASCII) is not None


class Proof(Protocol):
    """Something that names a session and can prove it."""

    @property
    def user_id(self) -> str:
        """Whose session."""

    @property
    def session_id(self) -> str:
        """Which of theirs."""

    @property
    def needs_keyring(self) -> bool:
        """Whether the proof asks the keyring, too."""

    def check(self, digest: bytes, keyring: keys.KeyringRow | None) -> None:
        """Raises InvalidToken or TokenExpired unless this proves the session whose row keeps `digest`."""

    def __str__(self) -> str:
        """What the wire calls the session's token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionToken:
    """Where the session's row is, and the secret whose SHA-256 the row keeps: 101 url-safe characters, no dots.

    `signature` is the cookie's, where the function that reads it can check it.
    """

    user_id: str
    session_id: str
    secret: str
    signature: bytes | None = None

    def __str__(self) -> str:
        return f"{self.user_id}{self.session_id}{self.secret}"

    @classmethod
    def new(cls, user_id: str) -> "SessionToken":
        """A token for a session that does not exist yet."""
        return cls(user_id=user_id, session_id=secrets.token_urlsafe(16), secret=secrets.token_urlsafe(32))

    @classmethod
    def parse(cls, text: str, signature: bytes | None = None) -> "SessionToken":
        """Read a token back; raises InvalidToken for anything of another form."""
        match = _SESSION_TOKEN.fullmatch(text)
        if not match:
            raise InvalidToken
        return cls(**match.groupdict(), signature=signature)

    @property
    def digest(self) -> bytes:
        """What the row keeps of the secret."""
        return sha256(self.secret.encode()).digest()

    @property
    def needs_keyring(self) -> bool:
        """The signature must be by a key that is good now, not when this process last looked."""
        return self.signature is not None

    def check(self, digest: bytes, _keyring: keys.KeyringRow | None) -> None:
        """Raises InvalidToken for another session's token, or a signature that is no longer good."""
        if not hmac.compare_digest(self.digest, digest):
            raise InvalidToken
        if self.signature is not None and not keys.matches(keys.COOKIE, str(self).encode(), self.signature):
            raise InvalidToken


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """A JWT, read but not yet believed."""

    text: str
    issuer: str
    user_id: str
    session_id: str
    needs_keyring: bool = True

    def __str__(self) -> str:
        return self.session_id

    @classmethod
    def parse(cls, text: str, issuer: str) -> "AccessToken":
        """Read which session a JWT is of; raises InvalidToken for anything of another form."""
        from gatehouse.keys import access  # noqa: PLC0415 -- `cryptography` is for those who send a JWT

        user_id, session_id = access.coordinates(text)
        if not _KEY.fullmatch(user_id + session_id):
            raise InvalidToken
        return cls(text=text, issuer=issuer, user_id=user_id, session_id=session_id)

    def check(self, _digest: bytes, keyring: keys.KeyringRow | None) -> None:
        """Raises InvalidToken or TokenExpired unless one of our keys signed this, and lately."""
        from gatehouse.keys import access  # noqa: PLC0415 -- the same

        access.verify(self.text, keyring.public_keys if keyring else {}, self.issuer)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshToken:
    """Where the session's row is, and a generation, under a mac that the row's secret hash goes into: not stored."""

    user_id: str
    session_id: str
    generation: int
    mac: bytes

    def __str__(self) -> str:
        return f"{self.user_id}{self.session_id}{self.generation:08x}{_encode(self.mac)}"

    @classmethod
    def make(cls, user_id: str, session_id: str, generation: int, digest: bytes) -> "RefreshToken":
        """The token of one generation of a session whose row keeps `digest`."""
        mac = keys.mac(keys.REFRESH, _bound(user_id, session_id, generation, digest))
        return cls(user_id=user_id, session_id=session_id, generation=generation, mac=mac)

    @classmethod
    def parse(cls, text: str) -> "RefreshToken":
        """Read a token back; raises InvalidToken for anything of another form."""
        match = _REFRESH_TOKEN.fullmatch(text)
        if not match:
            raise InvalidToken
        mac = urlsafe_b64decode(match["mac"] + "=")
        return cls(
            user_id=match["user_id"], session_id=match["session_id"], generation=int(match["generation"], 16), mac=mac
        )

    def check(self, digest: bytes) -> None:
        """Raises InvalidToken unless this was made for the session whose row keeps `digest`."""
        bound = _bound(self.user_id, self.session_id, self.generation, digest)
        if not keys.matches(keys.REFRESH, bound, self.mac):
            raise InvalidToken


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """Where a request came from, empty when unknown, the public URL that it came by, and its sender's language."""

    base_url: str
    language: str = DEFAULT
    ip_address: str = ""
    user_agent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session as its user may see it. It is fresh for a while after `proved_at`, when the password was last given.

    `cursor_key` is there when the session was just found: what its user's cursors are sealed with.
    """

    id: str
    user_id: str
    epoch: int
    created_at: datetime
    updated_at: datetime
    expires_at: datetime
    proved_at: datetime
    ip_address: str
    user_agent: str
    remember: bool
    generation: int = 0
    cursor_key: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A session together with its token, which nobody can read back later."""

    session: Session
    token: SessionToken

    @property
    def refresh_token(self) -> str:
        """The one to use next: whoever has the session's own token may have this one, too."""
        session = self.session
        return str(RefreshToken.make(session.user_id, session.id, session.generation, self.token.digest))


def _encode(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def _bound(user_id: str, session_id: str, generation: int, digest: bytes) -> bytes:
    return f"{user_id}\0{session_id}\0{generation}\0".encode() + digest
