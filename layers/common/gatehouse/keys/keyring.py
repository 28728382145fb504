"""Which versions of the secret are good: a row that all functions see at once, written before a version is used.

It lies in `sessions`, so that whoever reads a session reads it in the same call, and needs no right to see tokens.
Without a row nothing was ever rotated, and Secrets Manager's AWSCURRENT is the one version.
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pynamodb.attributes import JSONAttribute, UnicodeAttribute

from gatehouse import clock
from gatehouse.config import config
from gatehouse.dynamodb import ConditionFailed, Key, Row, conditionally, get_together
from gatehouse.keys.secret import newest_version

KEYRING = "KEYRING"
_BELIEVED = 30  # seconds, where nothing else is read that would bring it along


class KeyringRow(Row):
    """The trusted versions, and the public keys that access tokens may be signed with."""

    class Meta:
        table_name = config().sessions_table

    user_id = UnicodeAttribute(hash_key=True, default=KEYRING)
    session_id = UnicodeAttribute(range_key=True, default=KEYRING)
    newest = UnicodeAttribute()
    previous = UnicodeAttribute(null=True)
    public_keys = JSONAttribute()


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyring:
    """What to sign with, what to trust, and `public_keys` as JWKS has them, by key id."""

    newest: str
    previous: str | None
    public_keys: dict[str, dict[str, str]]

    @property
    def versions(self) -> list[str]:
        """Every version that may verify."""
        return [self.newest, *([self.previous] if self.previous else [])]


_seen: Keyring | None = None
_looked_at = float("-inf")


def keyring_key() -> Key:
    """Where the keyring is, to be read together with other rows."""
    return KeyringRow, KEYRING, KEYRING


def look_at_nothing() -> None:
    """Read where no row will ever be, in the table of the keyring: it opens the connection, and nobody knows more."""
    get_together((KeyringRow, KEYRING, "-"))


def observe(row: KeyringRow | None) -> None:
    """Take note of the keyring as it was just read; without a row the one known stays."""
    global _seen, _looked_at
    if row:
        _seen, _looked_at = _keyring(row), clock.monotonic()


def current() -> Keyring:
    """The keyring as this process saw it last."""
    global _seen  # noqa: PLW0603 -- the same
    if _seen is None:
        reread()
    if _seen is None:
        _seen = Keyring(newest=newest_version(), previous=None, public_keys={})
    return _seen


def reread() -> None:
    """See the keyring as it is now."""
    global _looked_at  # noqa: PLW0603 -- the same
    observe(get_together(keyring_key())[0])
    _looked_at = clock.monotonic()


def keep_up() -> None:
    """See the keyring as it is now, unless this process did in the last 30 seconds."""
    if clock.monotonic() - _looked_at >= _BELIEVED:
        reread()


def forget() -> None:
    """Go by nothing that was seen before."""
    global _seen  # noqa: PLW0603 -- the same
    _seen = None


def publish_first(kid: str, public_key: dict[str, Any]) -> None:
    """Let everybody know the first signing key, unless there is a keyring by now."""
    row = KeyringRow(newest=current().newest, public_keys={kid: public_key})
    with suppress(ConditionFailed), conditionally():
        row.save(condition=KeyringRow.user_id.does_not_exist())
    reread()


def _keyring(row: KeyringRow) -> Keyring:
    return Keyring(newest=row.newest, previous=row.previous, public_keys=row.public_keys)
