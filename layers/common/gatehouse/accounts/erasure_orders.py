"""Orders to erase the data of deleted users: one row each, written in the transaction that deletes the user."""

from enum import StrEnum

from pynamodb.attributes import UnicodeAttribute

from gatehouse import clock
from gatehouse.accounts.table import ProfileRow
from gatehouse.attributes import IntegerAttribute, TimestampAttribute
from gatehouse.config import config
from gatehouse.dynamodb import Row, TableName

PURPOSE = "erasure"


class ErasureState(StrEnum):
    """The state of an erasure. A completed one has no row."""

    PENDING = "pending"
    RUNNING = "running"
    FAILED = "failed"


class ErasureRow(Row):
    """An order: `subject` is the user id, `email` the address that other rows have as their key, `erased` the rows so
    far.
    """

    class Meta:
        table_name = TableName(lambda: config().tokens_table)

    subject = UnicodeAttribute(hash_key=True)
    purpose = UnicodeAttribute(range_key=True, default=PURPOSE)
    erasure = UnicodeAttribute()
    email = UnicodeAttribute()
    created_at = TimestampAttribute()
    attempts = IntegerAttribute(default=0)
    erased = IntegerAttribute(default=0)


def new_erasure_order(profile: ProfileRow) -> ErasureRow:
    """Return the order, unsaved; the table's stream delivers it to the function that erases."""
    return ErasureRow(profile.user_id, erasure=ErasureState.PENDING, email=profile.email, created_at=clock.now())
