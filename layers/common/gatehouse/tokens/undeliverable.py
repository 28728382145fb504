"""Addresses that get no more mail, because a mail to them came back for good."""

from pynamodb.attributes import UnicodeAttribute

from gatehouse.attributes import TimestampAttribute
from gatehouse.config import config
from gatehouse.dynamodb import Key, Row, TableName, batch_get
from gatehouse.tokens.table import email_subject

BOUNCE = "bounce"
PURPOSE = "undeliverable"


class UndeliverableRow(Row):
    """An address that gets no mail, stored beside its tokens and erased with them.

    The reason is `bounce`; older code also wrote `complaint`, which stops nothing any more.
    """

    class Meta:
        table_name = TableName(lambda: config().tokens_table)

    subject = UnicodeAttribute(hash_key=True)
    purpose = UnicodeAttribute(range_key=True, default=PURPOSE)
    reason = UnicodeAttribute()
    created_at = TimestampAttribute()

    @property
    def stops_mail(self) -> bool:
        """Whether the address gets no mail."""
        return self.reason == BOUNCE


def undeliverable_key(email: str) -> Key:
    """Return the key of an address's row."""
    return UndeliverableRow, email_subject(email), PURPOSE


def is_undeliverable(email: str) -> bool:
    """Whether an address gets no mail; one read."""
    row: UndeliverableRow | None
    (row,) = batch_get(undeliverable_key(email))
    return row is not None and row.stops_mail
