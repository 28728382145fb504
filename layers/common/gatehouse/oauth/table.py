"""Rows of linked accounts in `users`, and of authorizations in progress in `tokens`."""

from typing import Any

from pynamodb.attributes import BinaryAttribute, ListAttribute, TTLAttribute, UnicodeAttribute

from gatehouse.accounts.table import account_row_key
from gatehouse.attributes import TimestampAttribute
from gatehouse.config import config
from gatehouse.dynamodb import Key, Row, TableName


class AccountRow(Row):
    """A user's account at a provider. `sealed` are its tokens, encrypted with a version of the secret; see
    `token_storage`.
    """

    class Meta:
        table_name = TableName(lambda: config().users_table)

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    user_id = UnicodeAttribute()
    account_id = UnicodeAttribute()
    provider_id = UnicodeAttribute()
    subject = UnicodeAttribute()
    scopes: ListAttribute[Any] = ListAttribute(of=UnicodeAttribute, default=list)
    created_at = TimestampAttribute()
    updated_at = TimestampAttribute()
    sealed = BinaryAttribute(legacy_encoding=False, null=True)
    sealed_by = UnicodeAttribute(null=True)
    expires_at = TimestampAttribute(null=True)
    refresh_expires_at = TimestampAttribute(null=True)


class StateRow(Row):
    """An authorization in progress; with `link_user`, to link the account to that user.

    `app_url` is the SHA-256 of its URL, where it is for the app that began it, and not for a browser. It expires at
    `delete_at`, whether or not TTL has removed the row by then.
    """

    class Meta:
        table_name = TableName(lambda: config().tokens_table)

    subject = UnicodeAttribute(hash_key=True)
    purpose = UnicodeAttribute(range_key=True)
    delete_at = TTLAttribute()
    provider_id = UnicodeAttribute()
    verifier = UnicodeAttribute()
    nonce = UnicodeAttribute()
    scopes: ListAttribute[Any] = ListAttribute(of=UnicodeAttribute, default=list)
    callback_url = UnicodeAttribute(null=True)
    error_callback_url = UnicodeAttribute(null=True)
    new_user_callback_url = UnicodeAttribute(null=True)
    link_user = UnicodeAttribute(null=True)
    link_session = UnicodeAttribute(null=True)
    app_url = UnicodeAttribute(null=True)


def account_key(user_id: str, account_id: str) -> Key:
    """Return the key of a user's account at a provider."""
    return AccountRow, *account_row_key(user_id, account_id)
