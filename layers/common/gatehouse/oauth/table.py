"""Rows: people's accounts at providers in `users`, and sign-ins under way in `tokens`."""

from typing import Any

from pynamodb.attributes import BinaryAttribute, ListAttribute, TTLAttribute, UnicodeAttribute

from gatehouse.accounts.table import account_place
from gatehouse.config import config
from gatehouse.dynamodb import Key, Moment, Row, TableName


class AccountRow(Row):
    """Somebody's account at a provider. Its tokens are `sealed`, by a version of the secret; see `vault`."""

    class Meta:
        table_name = TableName(lambda: config().users_table)

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    user_id = UnicodeAttribute()
    account_id = UnicodeAttribute()
    provider_id = UnicodeAttribute()
    subject = UnicodeAttribute()
    scopes: ListAttribute[Any] = ListAttribute(of=UnicodeAttribute, default=list)
    created_at = Moment()
    updated_at = Moment()
    sealed = BinaryAttribute(legacy_encoding=False, null=True)
    sealed_by = UnicodeAttribute(null=True)
    expires_at = Moment(null=True)
    refresh_expires_at = Moment(null=True)


class StateRow(Row):
    """A sign-in that somebody was sent to a provider for, until they come back; `link_user` wants one more way in.

    The time to come back ends at `delete_at`, whether or not TTL has removed the row by then.
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


def account_key(user_id: str, account_id: str) -> Key:
    """Where a person's account at a provider is."""
    return AccountRow, *account_place(user_id, account_id)
