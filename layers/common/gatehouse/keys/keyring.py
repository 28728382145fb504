"""The keyring: a row that names the trusted versions of the secret, written before a version is used.

It is in the `sessions` table, so that it is read together with a session, without a grant on tokens. Without a row, no
rotation has happened yet, and AWSCURRENT in Secrets Manager is the only version. After an emergency rotation it also
says which sessions are withdrawn: those created before `not_before`.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pynamodb.attributes import JSONAttribute, UnicodeAttribute

from gatehouse import clock
from gatehouse.attributes import TimestampAttribute
from gatehouse.config import config
from gatehouse.dynamodb import ConditionFailed, Key, Row, TableName, batch_get, conditional_write
from gatehouse.keys.secret import newest_version

KEYRING = "KEYRING"
_MAX_AGE = timedelta(seconds=10)  # after which an emergency rotation holds in every process
_ALWAYS = datetime.fromtimestamp(0, UTC)


class KeyringRow(Row):
    """The trusted versions, the public keys of access tokens, and when the last emergency rotation was."""

    class Meta:
        table_name = TableName(lambda: config().sessions_table)

    user_id = UnicodeAttribute(hash_key=True, default=KEYRING)
    session_id = UnicodeAttribute(range_key=True, default=KEYRING)
    newest = UnicodeAttribute()
    previous = UnicodeAttribute(null=True)
    public_keys = JSONAttribute()
    not_before = TimestampAttribute(null=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyring:
    """The version to sign with, the versions to trust, and `public_keys` as JWKs by key id.

    Sessions that were created before `not_before` are withdrawn.
    """

    newest: str
    previous: str | None
    public_keys: dict[str, dict[str, str]]
    not_before: datetime = _ALWAYS

    @property
    def versions(self) -> list[str]:
        """All versions that may verify."""
        return [self.newest, *([self.previous] if self.previous else [])]


_cached: Keyring | None = None
_refreshed_at = float("-inf")  # by the monotonic clock
_refreshed_on = _ALWAYS  # by the other one: the monotonic clock may stand still while Lambda freezes the process


def keyring_key() -> Key:
    """Return the key of the keyring's row."""
    return KeyringRow, KEYRING, KEYRING


def open_connection() -> None:
    """Read a row that never exists, in the keyring's table: it opens the connection and reads no data."""
    batch_get((KeyringRow, KEYRING, "-"))


def stale_keyring_key() -> list[Key]:
    """Return the key of the keyring's row, for a read that is made anyway, unless it was read in the last ten seconds.

    What is read must be given to `update_cache`.
    """
    return [keyring_key()] if _is_stale() else []


def update_cache(row: KeyringRow | None) -> None:
    """Cache the keyring that was just read; without a row the cached one stays."""
    global _cached, _refreshed_at, _refreshed_on  # noqa: PLW0603 -- one for the process
    if row:
        _cached = _keyring(row)
    _refreshed_at, _refreshed_on = clock.monotonic(), clock.now()


def not_before() -> datetime:
    """Return when the last emergency rotation was, by the cached keyring: what was created before is withdrawn.

    It reads nothing, so that functions need no secret for it.
    """
    return _cached.not_before if _cached else _ALWAYS


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
    update_cache(batch_get(keyring_key())[0])


def refresh_if_stale() -> None:
    """Read the keyring, unless this process did in the last ten seconds."""
    if _is_stale():
        refresh()


def clear_cache() -> None:
    """Clear the cached keyring, as in a process that never read one."""
    global _cached, _refreshed_at
    _cached, _refreshed_at = None, float("-inf")


def publish_first_key(kid: str, public_key: dict[str, Any]) -> None:
    """Publish the first signing key, unless there is a keyring already."""
    row = KeyringRow(newest=current_keyring().newest, public_keys={kid: public_key})
    with suppress(ConditionFailed), conditional_write():
        row.save(condition=KeyringRow.user_id.does_not_exist())
    refresh()


def _is_stale() -> bool:
    age = clock.monotonic() - _refreshed_at
    return age >= _MAX_AGE.total_seconds() or clock.now() - _refreshed_on >= _MAX_AGE


def _keyring(row: KeyringRow) -> Keyring:
    return Keyring(
        newest=row.newest,
        previous=row.previous,
        public_keys=row.public_keys,
        not_before=row.not_before or _ALWAYS,
    )
