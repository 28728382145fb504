"""Rows of passkeys in `users`, and of used challenges in `tokens`."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from pynamodb.attributes import BinaryAttribute, BooleanAttribute, ListAttribute, TTLAttribute, UnicodeAttribute

from gatehouse.accounts.pointers import passkey_pointer_key
from gatehouse.attributes import IntegerAttribute, TimestampAttribute
from gatehouse.config import config
from gatehouse.dynamodb import Key, Row, TableName

_USED = "used-challenge"
_RETENTION = timedelta(minutes=10)  # after the end, for clocks that differ


class PasskeyRow(Row):
    """A passkey. Its key makes it unique among all users, and it counts only while its user's profile has its id.

    `public_key` is in COSE's form. `counter` is what the authenticator sent last. `backup_eligible` never changes; it
    is not known of some that were imported. `user_handle` is what the authenticator knows the user by, where that is
    not the user id: the passkey was imported. better-auth does not store it, so of some it is unknown.
    """

    class Meta:
        table_name = TableName(lambda: config().users_table)

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    passkey_id = UnicodeAttribute()
    user_id = UnicodeAttribute()
    credential_id = BinaryAttribute(legacy_encoding=False)
    public_key = BinaryAttribute(legacy_encoding=False)
    counter = IntegerAttribute()
    name = UnicodeAttribute(null=True)
    transports: ListAttribute[Any] = ListAttribute(of=UnicodeAttribute, default=list)
    aaguid = UnicodeAttribute()
    backup_eligible = BooleanAttribute(null=True)
    backed_up = BooleanAttribute()
    user_handle = BinaryAttribute(legacy_encoding=False, null=True)
    has_unknown_handle = BooleanAttribute(null=True)
    created_at = TimestampAttribute()
    used_at = TimestampAttribute(null=True)


class UsedChallengeRow(Row):
    """A challenge that was used, by its hash. TTL removes the row when the challenge has long expired."""

    class Meta:
        table_name = TableName(lambda: config().tokens_table)

    subject = UnicodeAttribute(hash_key=True)
    purpose = UnicodeAttribute(range_key=True, default=_USED)
    delete_at = TTLAttribute()


def passkey_key(passkey_id: str) -> Key:
    """Return the key of a passkey."""
    return PasskeyRow, *passkey_pointer_key(passkey_id)[1:]


def new_used_challenge(challenge: bytes, end: datetime) -> UsedChallengeRow:
    """Return the row of a challenge that is used, unsaved."""
    return UsedChallengeRow(f"CHALLENGE#{sha256(challenge).hexdigest()}", delete_at=end + _RETENTION)
