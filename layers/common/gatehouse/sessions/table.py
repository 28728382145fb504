"""The `sessions` table: one row a session, and one EPOCH row a user."""

from pynamodb.attributes import BinaryAttribute, BooleanAttribute, TTLAttribute, UnicodeAttribute

from gatehouse.config import config
from gatehouse.dynamodb import Key, Moment, Row, TableName, Whole
from gatehouse.sessions.model import Session

EPOCH = "EPOCH"


class SessionRow(Row):
    """A session. It lives while its `epoch` is the user's and `expires_at` is ahead; TTL only tidies up."""

    class Meta:
        table_name = TableName(lambda: config().sessions_table)

    user_id = UnicodeAttribute(hash_key=True)
    session_id = UnicodeAttribute(range_key=True)
    secret_hash = BinaryAttribute(legacy_encoding=False)
    epoch = Whole()
    created_at = Moment()
    updated_at = Moment()
    expires_at = TTLAttribute()
    proved_at = Moment(null=True)
    generation = Whole(default=0)
    rotated_at = Moment(null=True)
    remember = BooleanAttribute(default=True)
    ip_address = UnicodeAttribute(default="")
    user_agent = UnicodeAttribute(default="")

    def to_session(self) -> Session:
        """The session without what proves it."""
        return Session(
            id=self.session_id,
            user_id=self.user_id,
            epoch=self.epoch,
            created_at=self.created_at,
            updated_at=self.updated_at,
            expires_at=self.expires_at,
            proved_at=self.proved_at or self.created_at,
            ip_address=self.ip_address,
            user_agent=self.user_agent,
            remember=self.remember,
            generation=self.generation,
        )


class EpochRow(Row):
    """The number that all living sessions of a user carry. Without this row there is no such user.

    `cursor_key` is the user's own, for cursors: it is read with every request, so functions need no secret for them.
    """

    class Meta:
        table_name = TableName(lambda: config().sessions_table)

    user_id = UnicodeAttribute(hash_key=True)
    session_id = UnicodeAttribute(range_key=True, default=EPOCH)
    epoch = Whole()
    cursor_key = BinaryAttribute(legacy_encoding=False)


def session_key(user_id: str, session_id: str) -> Key:
    """Where a session is."""
    return SessionRow, user_id, session_id


def epoch_key(user_id: str) -> Key:
    """Where a user's epoch is."""
    return EpochRow, user_id, EPOCH
