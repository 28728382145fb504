"""The rows of second factors: the factor in `users`, a sign-in that waits for it in `tokens`, trusted devices in
`sessions`.
"""

from collections.abc import Iterator
from hashlib import sha256

from pynamodb.attributes import (
    BinaryAttribute,
    BinarySetAttribute,
    BooleanAttribute,
    TTLAttribute,
    UnicodeAttribute,
)

from gatehouse.attributes import IntegerAttribute, TimestampAttribute
from gatehouse.config import config
from gatehouse.dynamodb import Key, Row, TableName, TransactItem, delete

FACTOR = "SECOND-FACTOR"
_CHALLENGE, _TRUSTED = "second-factor ", "TRUSTED#"


class SecondFactorRow(Row):
    """A user's second factor. `sealed` is the TOTP secret, `confirmed` once a code of it was given; without one, codes
    are mailed. `last_step` is the newest whose code was used. `failures` are wrong codes in a row, whatever the method;
    the last was at `failed_at`, and `lock_told` says that the owner was told of those that locked.
    """

    class Meta:
        table_name = TableName(lambda: config().users_table)

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default=FACTOR)
    sealed = BinaryAttribute(legacy_encoding=False, null=True)
    sealed_by = UnicodeAttribute(null=True)
    confirmed = BooleanAttribute(default=False)
    last_step = IntegerAttribute(default=0)
    backup_codes: BinarySetAttribute = BinarySetAttribute(legacy_encoding=False, null=True)
    failures = IntegerAttribute(default=0)
    failed_at = TimestampAttribute(null=True)
    lock_told = BooleanAttribute(null=True)
    created_at = TimestampAttribute()


class ChallengeRow(Row):
    """A sign-in that waits for the second factor: `subject` is the user's id, `purpose` has the token's hash.

    `mailbox` is set when the first factor was the mailbox. `form` is that of the response: see `Form`.
    """

    class Meta:
        table_name = TableName(lambda: config().tokens_table)

    subject = UnicodeAttribute(hash_key=True)
    purpose = UnicodeAttribute(range_key=True)
    epoch = IntegerAttribute()
    attempts = IntegerAttribute(default=0)
    remember = BooleanAttribute()
    mailbox = BooleanAttribute()
    form = UnicodeAttribute()
    ends_at = TimestampAttribute()
    delete_at = TTLAttribute()


class TrustedDeviceRow(Row):
    """A browser that needs no second factor, until `expires_at` or the user's epoch changes."""

    class Meta:
        table_name = TableName(lambda: config().sessions_table)

    user_id = UnicodeAttribute(hash_key=True)
    device_id = UnicodeAttribute(range_key=True, attr_name="session_id")
    token_hash = BinaryAttribute(legacy_encoding=False)
    epoch = IntegerAttribute()
    created_at = TimestampAttribute()
    used_at = TimestampAttribute()
    expires_at = TTLAttribute()
    ip_address = UnicodeAttribute(default="")
    user_agent = UnicodeAttribute(default="")


def factor_key(user_id: str) -> Key:
    """Return the key of a user's second factor."""
    return SecondFactorRow, f"USER#{user_id}", FACTOR


def delete_factor(user_id: str) -> TransactItem:
    """Return the write that deletes a user's second factor, if there is one."""
    return delete(SecondFactorRow(*factor_key(user_id)[1:]))


def challenge_key(user_id: str, secret: str) -> Key:
    """Return the key of a sign-in that waits, by the secret of its token."""
    return ChallengeRow, user_id, f"{_CHALLENGE}{sha256(secret.encode()).hexdigest()}"


def trusted_device_key(user_id: str, device_id: str) -> Key:
    """Return the key of a trusted device."""
    return TrustedDeviceRow, user_id, f"{_TRUSTED}{device_id}"


def query_trusted_devices(user_id: str) -> Iterator[TrustedDeviceRow]:
    """Yield all rows of a user's trusted devices."""
    yield from TrustedDeviceRow.query(user_id, TrustedDeviceRow.device_id.startswith(_TRUSTED), consistent_read=True)
