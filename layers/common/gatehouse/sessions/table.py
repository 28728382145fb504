"""The `sessions` table: one row per session, and one EPOCH row per user."""

from pynamodb.attributes import BinaryAttribute, BooleanAttribute, TTLAttribute, UnicodeAttribute

from gatehouse.attributes import IntegerAttribute, TimestampAttribute
from gatehouse.config import config
from gatehouse.dynamodb import Key, Row, TableName
from gatehouse.sessions.model import Session

EPOCH = "EPOCH"


class SessionRow(Row):
    """A session. It is valid while its `epoch` is the user's and `expires_at` is in the future; TTL only cleans up."""

    class Meta:
        table_name = TableName(lambda: config().sessions_table)

    user_id = UnicodeAttribute(hash_key=True)
    session_id = UnicodeAttribute(range_key=True)
    secret_hash = BinaryAttribute(legacy_encoding=False)
    epoch = IntegerAttribute()
    created_at = TimestampAttribute()
    updated_at = TimestampAttribute()
    expires_at = TTLAttribute()
    proved_at = TimestampAttribute(null=True)
    generation = IntegerAttribute(default=0)
    remember = BooleanAttribute(default=True)
    second_factor = BooleanAttribute(default=False)
    ip_address = UnicodeAttribute(default="")
    user_agent = UnicodeAttribute(default="")

    def to_session(self, cursor_key: bytes = b"") -> Session:
        """Return the session without its secret hash."""
        return self.to(Session, id=self.session_id, proved_at=self.proved_at or self.created_at, cursor_key=cursor_key)


class EpochRow(Row):
    """The epoch that all valid sessions of a user have. Without this row the user does not exist.

    `cursor_key` authenticates the user's cursors: it is read with every request, so functions need no secret for them.
    """

    class Meta:
        table_name = TableName(lambda: config().sessions_table)

    user_id = UnicodeAttribute(hash_key=True)
    session_id = UnicodeAttribute(range_key=True, default=EPOCH)
    epoch = IntegerAttribute()
    cursor_key = BinaryAttribute(legacy_encoding=False)


def session_key(user_id: str, session_id: str) -> Key:
    """Return the key of a session."""
    return SessionRow, user_id, session_id


def epoch_key(user_id: str) -> Key:
    """Return the key of a user's epoch."""
    return EpochRow, user_id, EPOCH
