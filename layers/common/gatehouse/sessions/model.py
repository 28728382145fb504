"""Sessions, and the three kinds of token that stand for one."""

import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Protocol

from gatehouse import base64url, keys
from gatehouse.errors import InvalidToken
from gatehouse.languages import DEFAULT_LANGUAGE

_SESSION_ID = r"(?P<session_id>[\w-]{22})"
_COORDINATES = rf"(?P<user_id>[0-9a-f-]{{36}}){_SESSION_ID}"
_KEY = re.compile(_COORDINATES, re.ASCII)
_SESSION_TOKEN = re.compile(_COORDINATES + r"(?P<secret>[\w-]{43})", re.ASCII)
_REFRESH_TOKEN = re.compile(_COORDINATES + r"(?P<generation>[0-9a-f]{8})(?P<mac>[\w-]{43})", re.ASCII)


def is_session_id(text: str) -> bool:
    """Whether `text` has the form of a session id."""
    return re.fullmatch(_SESSION_ID, text, re.ASCII) is not None


class Credential(Protocol):
    """A credential of a session: names it and can be checked against its row."""

    @property
    def user_id(self) -> str:
        """The user's id."""

    @property
    def session_id(self) -> str:
        """The session's id."""

    @property
    def needs_keyring(self) -> bool:
        """Whether checking it takes the current keyring."""

    def check(self, digest: bytes, keyring: keys.KeyringRow | None) -> None:
        """Raise InvalidToken or TokenExpired unless this is a credential of the session whose row has `digest`."""

    def __str__(self) -> str:
        """Return the session token as API responses show it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionToken:
    """A session token: the row's coordinates and the secret whose SHA-256 the row has. 101 url-safe characters, no
    dots.

    `signed` is its signed form, where the function can check the signature.
    """

    user_id: str
    session_id: str
    secret: str
    signed: keys.SignedText | None = None

    def __str__(self) -> str:
        return f"{self.user_id}{self.session_id}{self.secret}"

    @classmethod
    def new(cls, user_id: str) -> "SessionToken":
        """Return a token for a new session."""
        return cls(user_id=user_id, session_id=secrets.token_urlsafe(16), secret=secrets.token_urlsafe(32))

    @classmethod
    def parse(cls, text: str, signed: keys.SignedText | None = None) -> "SessionToken":
        """Parse a token; raises InvalidToken for any other form."""
        match = _SESSION_TOKEN.fullmatch(text)
        if not match:
            raise InvalidToken
        return cls(**match.groupdict(), signed=signed)

    @classmethod
    def parse_signed(cls, text: str, *, verify: bool) -> "SessionToken":
        """Parse a signed token; raises InvalidToken. Only a function that may read the secret can `verify`: now, by the
        cached keyring, before anything else is read, and in `check`, by the current one.
        """
        try:
            signed = keys.parse_signed(text)
        except ValueError:
            raise InvalidToken from None
        if verify and not signed.is_authentic_now():
            raise InvalidToken
        return cls.parse(signed.text, signed if verify else None)

    @property
    def digest(self) -> bytes:
        """The SHA-256 of the secret, as the row has it."""
        return sha256(self.secret.encode()).digest()

    @property
    def needs_keyring(self) -> bool:
        """Whether there is a signature, which must be by a key that is trusted now."""
        return self.signed is not None

    def check(self, digest: bytes, _keyring: keys.KeyringRow | None) -> None:
        """Raise InvalidToken for another session's token, or a signature by an untrusted key."""
        if not hmac.compare_digest(self.digest, digest):
            raise InvalidToken
        if self.signed and not self.signed.is_authentic():
            raise InvalidToken


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """A JWT, parsed and not yet verified."""

    text: str
    issuer: str
    audience: str
    user_id: str
    session_id: str
    needs_keyring: bool = True

    def __str__(self) -> str:
        return self.session_id

    @classmethod
    def parse(cls, text: str, *, issuer: str, audience: str) -> "AccessToken":
        """Parse a JWT that `issuer` must have issued for `audience`; raises InvalidToken for any other form."""
        from gatehouse.keys import access_tokens  # noqa: PLC0415 -- `cryptography` is for those who send a JWT

        user_id, session_id = access_tokens.unverified_ids(text)
        if not _KEY.fullmatch(user_id + session_id):
            raise InvalidToken
        return cls(text=text, issuer=issuer, audience=audience, user_id=user_id, session_id=session_id)

    def check(self, _digest: bytes, keyring: keys.KeyringRow | None) -> None:
        """Raise InvalidToken or TokenExpired unless one of our keys signed it and it has not expired."""
        from gatehouse.keys import access_tokens  # noqa: PLC0415 -- the same

        public_keys = keyring.public_keys if keyring else {}
        access_tokens.verify(self.text, public_keys, issuer=self.issuer, audience=self.audience)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefreshToken:
    """A refresh token: the row's coordinates and a generation, under a MAC over them and the row's secret hash. Not
    stored.
    """

    user_id: str
    session_id: str
    generation: int
    mac: bytes

    def __str__(self) -> str:
        return f"{self.user_id}{self.session_id}{self.generation:08x}{base64url.encode(self.mac)}"

    @classmethod
    def issue(cls, user_id: str, session_id: str, generation: int, digest: bytes) -> "RefreshToken":
        """Issue the token of one generation of the session whose row has `digest`."""
        mac = keys.mac(keys.REFRESH, _mac_message(user_id, session_id, generation, digest))
        return cls(user_id=user_id, session_id=session_id, generation=generation, mac=mac)

    @classmethod
    def parse(cls, text: str) -> "RefreshToken":
        """Parse a token; raises InvalidToken for any other form."""
        match = _REFRESH_TOKEN.fullmatch(text)
        if not match:
            raise InvalidToken
        return cls(
            user_id=match["user_id"],
            session_id=match["session_id"],
            generation=int(match["generation"], 16),
            mac=base64url.decode(match["mac"]),
        )

    def check(self, digest: bytes) -> None:
        """Raise InvalidToken unless it was issued for the session whose row has `digest`."""
        bound = _mac_message(self.user_id, self.session_id, self.generation, digest)
        if not keys.matches(keys.REFRESH, bound, self.mac):
            raise InvalidToken


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientInfo:
    """The client of a request: the service's URL that it used, the trusted site whose page it is, its language, and IP
    address, user agent and what shows that it is a known or a trusted device, unchecked; empty when unknown.
    """

    base_url: str
    site: str = ""
    language: str = DEFAULT_LANGUAGE
    ip_address: str = ""
    user_agent: str = ""
    device_proofs: tuple[str, ...] = ()
    trusted_devices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session as its user may see it. It is fresh for a while after `proved_at`, when a password, passkey or second
    factor was last given. `second_factor` says whether there was more than a password.

    `cursor_key` authenticates the user's cursors; it is set when the session was just found.
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
    second_factor: bool
    generation: int = 0
    cursor_key: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuedSession:
    """A new session with its token, which cannot be read back later; and the token of a device that is trusted from now
    on.
    """

    session: Session
    token: SessionToken
    trusted_device: str | None = None

    @property
    def refresh_token(self) -> str:
        """The refresh token to use next."""
        session = self.session
        return str(RefreshToken.issue(session.user_id, session.id, session.generation, self.token.digest))


def _mac_message(user_id: str, session_id: str, generation: int, digest: bytes) -> bytes:
    return f"{user_id}\0{session_id}\0{generation}\0".encode() + digest
