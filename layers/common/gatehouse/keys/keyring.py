"""The keyring: a row that names the trusted versions of the secret, written before a version is used.

It is in the `sessions` table, so that it is read together with a session, without a grant on tokens. Without a row, no
rotation has happened yet, and AWSCURRENT in Secrets Manager is the only version.
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pynamodb.attributes import JSONAttribute, UnicodeAttribute

from gatehouse import clock
from gatehouse.config import config
from gatehouse.dynamodb import ConditionFailed, Key, Row, TableName, batch_get, conditional_write
from gatehouse.keys.secret import newest_version

KEYRING = "KEYRING"
_MAX_AGE = 30  # seconds, where no other read refreshes it


class KeyringRow(Row):
    """The trusted versions, and the public keys of access tokens."""

    class Meta:
        table_name = TableName(lambda: config().sessions_table)

    user_id = UnicodeAttribute(hash_key=True, default=KEYRING)
    session_id = UnicodeAttribute(range_key=True, default=KEYRING)
    newest = UnicodeAttribute()
    previous = UnicodeAttribute(null=True)
    public_keys = JSONAttribute()


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyring:
    """The version to sign with, the versions to trust, and `public_keys` as JWKs by key id."""

    newest: str
    previous: str | None
    public_keys: dict[str, dict[str, str]]

    @property
    def versions(self) -> list[str]:
        """All versions that may verify."""
        return [self.newest, *([self.previous] if self.previous else [])]


_cached: Keyring | None = None
_refreshed_at = float("-inf")


def keyring_key() -> Key:
    """Return the key of the keyring's row."""
    return KeyringRow, KEYRING, KEYRING


def open_connection() -> None:
    """Read a row that never exists, in the keyring's table: it opens the connection and reads no data."""
    batch_get((KeyringRow, KEYRING, "-"))


def update_cache(row: KeyringRow | None) -> None:
    """Cache the keyring that was just read; without a row the cached one stays."""
    global _cached, _refreshed_at
    if row:
        _cached, _refreshed_at = _keyring(row), clock.monotonic()


def current_keyring() -> Keyring:
    """Return the cached keyring."""
    global _cached  # noqa: PLW0603 -- the same
    if _cached is None:
        refresh()
    if _cached is None:
        _cached = Keyring(newest=newest_version(), previous=None, public_keys={})
    return _cached


def refresh() -> None:
    """Read the keyring now."""
    global _refreshed_at  # noqa: PLW0603 -- the same
    update_cache(batch_get(keyring_key())[0])
    _refreshed_at = clock.monotonic()


def refresh_if_stale() -> None:
    """Read the keyring, unless this process did in the last 30 seconds."""
    if clock.monotonic() - _refreshed_at >= _MAX_AGE:
        refresh()


def clear_cache() -> None:
    """Clear the cached keyring."""
    global _cached  # noqa: PLW0603 -- the same
    _cached = None


def publish_first_key(kid: str, public_key: dict[str, Any]) -> None:
    """Publish the first signing key, unless there is a keyring already."""
    row = KeyringRow(newest=current_keyring().newest, public_keys={kid: public_key})
    with suppress(ConditionFailed), conditional_write():
        row.save(condition=KeyringRow.user_id.does_not_exist())
    refresh()


def _keyring(row: KeyringRow) -> Keyring:
    return Keyring(newest=row.newest, previous=row.previous, public_keys=row.public_keys)
