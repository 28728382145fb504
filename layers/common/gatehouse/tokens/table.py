"""The `tokens` table: one live row per subject and purpose."""

from typing import Any

from pynamodb.attributes import BinaryAttribute, BooleanAttribute, ListAttribute, TTLAttribute, UnicodeAttribute

from gatehouse.attributes import IntegerAttribute, TimestampAttribute
from gatehouse.config import config
from gatehouse.dynamodb import Row, TableName
from gatehouse.languages import DEFAULT_LANGUAGE


def email_subject(email: str) -> str:
    """Return the key of token rows that belong to an address rather than to a user."""
    return f"EMAIL#{email}"


class TokenRow(Row):
    """A token and the mail that carries it.

    The first attempt to send sets `expires_at`; TTL removes the row at `delete_at`. A pending sign-up is stored here
    and nowhere else: `user_id`, `name`, `image` and `password_hash` are those of the future user, `sign_up_id` names
    the sign-up, and `sign_ups` counts those for the address so far that came from different browsers. `to_owner` is set
    when the mail goes to the owner of a proven account, who alone has access to it. `origin` says roughly where a
    request came from, `method` which way to sign in was added or removed. A code was `asked_by` a sign-in or session,
    and counts wrong `guesses`. A daily mail has its `day`, one with a list its `lines`.
    """

    class Meta:
        table_name = TableName(lambda: config().tokens_table)

    subject = UnicodeAttribute(hash_key=True)
    purpose = UnicodeAttribute(range_key=True)
    nonce = BinaryAttribute(legacy_encoding=False)
    created_at = TimestampAttribute()
    lifetime = IntegerAttribute()
    expires_at = TimestampAttribute(null=True)
    used_at = TimestampAttribute(null=True)
    delete_at = TTLAttribute()

    mail_state = UnicodeAttribute()
    attempts = IntegerAttribute(default=0)
    email = UnicodeAttribute()
    name = UnicodeAttribute(default="")
    base_url = UnicodeAttribute()
    language = UnicodeAttribute(default=DEFAULT_LANGUAGE)
    callback_url = UnicodeAttribute(null=True)
    to_owner = BooleanAttribute(null=True)

    user_id = UnicodeAttribute(null=True)
    old_email = UnicodeAttribute(null=True)
    new_email = UnicodeAttribute(null=True)
    epoch = IntegerAttribute(null=True)
    image = UnicodeAttribute(null=True)
    password_hash = UnicodeAttribute(null=True)
    sign_up_id = UnicodeAttribute(null=True)
    sign_ups = IntegerAttribute(null=True)

    origin = UnicodeAttribute(null=True)
    method = UnicodeAttribute(null=True)
    asked_by = UnicodeAttribute(null=True)
    guesses = IntegerAttribute(null=True)

    day = UnicodeAttribute(null=True)
    lines: ListAttribute[Any] = ListAttribute(of=UnicodeAttribute, null=True)
