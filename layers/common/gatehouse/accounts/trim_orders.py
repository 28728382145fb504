"""Orders to end the sessions that a user has beyond the maximum, written together with one new session in twenty.

Counting sessions takes a query, for which a sign-in does not wait. An order is a row of `tokens`, whose stream delivers
it to the function that erases; the next order replaces it, and TTL deletes it.
"""

import secrets
from datetime import timedelta

from pynamodb.attributes import TTLAttribute, UnicodeAttribute

from gatehouse import clock
from gatehouse.accounts.erasure_orders import ErasureState
from gatehouse.attributes import TimestampAttribute
from gatehouse.config import config
from gatehouse.dynamodb import Row, TableName, TransactItem, put

PURPOSE = "excess sessions"
ONE_IN = 20  # sessions
_RETENTION = timedelta(days=1)


class TrimRow(Row):
    """An order: `subject` is the user id."""

    class Meta:
        table_name = TableName(lambda: config().tokens_table)

    subject = UnicodeAttribute(hash_key=True)
    purpose = UnicodeAttribute(range_key=True, default=PURPOSE)
    erasure = UnicodeAttribute(default=ErasureState.PENDING.value)
    created_at = TimestampAttribute()
    delete_at = TTLAttribute()


def trim_orders(user_id: str) -> list[TransactItem]:
    """Return the write of an order if one is due."""
    if secrets.randbelow(ONE_IN):
        return []
    now = clock.now()
    return [put(TrimRow(user_id, created_at=now, delete_at=now + _RETENTION))]
