"""The `limits` table: counters that hold across instances, and the row that /health looks for."""

from pynamodb.attributes import TTLAttribute, UnicodeAttribute

from gatehouse.config import config
from gatehouse.dynamodb import Row


class LimitRow(Row):
    """A counter, or nothing yet."""

    class Meta:
        table_name = config().limits_table

    key = UnicodeAttribute(hash_key=True)
    expires_at = TTLAttribute()


def probe() -> None:
    """Raises what PynamoDB raises when DynamoDB does not answer; there is no such row."""
    try:
        LimitRow.get("health")
    except LimitRow.DoesNotExist:
        return
