"""Orders to erase what deleted users left: a row each, written in the transaction that deletes them."""

from enum import StrEnum

from pynamodb.attributes import UnicodeAttribute

from gatehouse import clock
from gatehouse.accounts.table import ProfileRow
from gatehouse.config import config
from gatehouse.dynamodb import Moment, Row, TableName, Whole

PURPOSE = "erasure"


class ErasureState(StrEnum):
    """How far an erasure has come. When it is done, its row is gone, too."""

    PENDING = "pending"
    RUNNING = "running"
    FAILED = "failed"


class ErasureRow(Row):
    """Whom to erase: `subject` is their id, `email` what else their rows go by. `erased` counts rows so far."""

    class Meta:
        table_name = TableName(lambda: config().tokens_table)

    subject = UnicodeAttribute(hash_key=True)
    purpose = UnicodeAttribute(range_key=True, default=PURPOSE)
    erasure = UnicodeAttribute()
    email = UnicodeAttribute()
    created_at = Moment()
    attempts = Whole(default=0)
    erased = Whole(default=0)


def order_erasure(profile: ProfileRow) -> ErasureRow:
    """The row, unsaved; the table's stream hands it to whoever erases."""
    return ErasureRow(profile.user_id, erasure=ErasureState.PENDING, email=profile.email, created_at=clock.now())
