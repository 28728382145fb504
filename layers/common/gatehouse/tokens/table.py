"""The `tokens` table: one live row for each subject and purpose."""

from typing import Any

from pynamodb.attributes import BinaryAttribute, ListAttribute, TTLAttribute, UnicodeAttribute

from gatehouse.config import config
from gatehouse.dynamodb import Moment, Row, TableName, Whole
from gatehouse.languages import DEFAULT


def subject_of(email: str) -> str:
    """The key of token rows that belong to an address rather than to a user."""
    return f"EMAIL#{email}"


class TokenRow(Row):
    """A token and the mail that carries it.

    `expires_at` is set by the first attempt to send; TTL removes the row at `delete_at`. A sign-up that waits for its
    address to be verified is here and nowhere else: `user_id`, `name`, `image` and `password_hash` are what will be.
    A mail that goes out once a day has its `day`, one that lists things its `lines`.
    """

    class Meta:
        table_name = TableName(lambda: config().tokens_table)

    subject = UnicodeAttribute(hash_key=True)
    purpose = UnicodeAttribute(range_key=True)
    nonce = BinaryAttribute(legacy_encoding=False)
    created_at = Moment()
    lifetime = Whole()
    expires_at = Moment(null=True)
    used_at = Moment(null=True)
    delete_at = TTLAttribute()

    mail_state = UnicodeAttribute()
    attempts = Whole(default=0)
    email = UnicodeAttribute()
    name = UnicodeAttribute(default="")
    base_url = UnicodeAttribute()
    language = UnicodeAttribute(default=DEFAULT)
    callback_url = UnicodeAttribute(null=True)

    user_id = UnicodeAttribute(null=True)
    old_email = UnicodeAttribute(null=True)
    new_email = UnicodeAttribute(null=True)
    epoch = Whole(null=True)
    image = UnicodeAttribute(null=True)
    password_hash = UnicodeAttribute(null=True)

    day = UnicodeAttribute(null=True)
    lines: ListAttribute[Any] = ListAttribute(of=UnicodeAttribute, null=True)
