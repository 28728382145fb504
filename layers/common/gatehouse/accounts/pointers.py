"""Pointers: the rows that make addresses, accounts at providers and passkeys unique."""

from datetime import datetime

from pynamodb.attributes import TTLAttribute, UnicodeAttribute

from gatehouse import clock
from gatehouse.config import config
from gatehouse.dynamodb import Key, Row, TableName, TransactItem, delete, put

_EMAIL, _LINK, _PASSKEY = "EMAIL", "LINK", "PASSKEY"


class PointerRow(Row):
    """Points from an address, or an account at a provider, to its user.

    An address that its user left has `held_until`: nobody else can take it before, and TTL removes the row then.
    """

    class Meta:
        table_name = TableName(lambda: config().users_table)

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    user_id = UnicodeAttribute()
    held_until = TTLAttribute(null=True)


def owner_of(pointer: PointerRow | None) -> str | None:
    """Return the user who goes by an address now; None for one that is only held."""
    return pointer.user_id if pointer and not pointer.held_until else None


def taken_by(pointer: PointerRow | None) -> str | None:
    """Return the user who has an address, or for whom it is held; None for one that is free."""
    free = not pointer or (pointer.held_until and pointer.held_until <= clock.now())
    return None if free else pointer.user_id  # type: ignore[union-attr] # there is one


def email_key(address: str) -> Key:
    """Return the key of an address's pointer."""
    return PointerRow, f"EMAIL#{address}", _EMAIL


def link_key(account_id: str) -> Key:
    """Return the key of the pointer of an account at a provider."""
    return PointerRow, f"ACCOUNT#{account_id}", _LINK


def passkey_pointer_key(passkey_id: str) -> Key:
    """Return the key of a passkey's row, which has all of the passkey beside its user."""
    return PointerRow, f"PASSKEY#{passkey_id}", _PASSKEY


def reserve(key: Key, user_id: str) -> TransactItem:
    """Return the write that reserves a unique key for a user; it fails when the key is taken, or held for another."""
    held = PointerRow.held_until
    mine = held.exists() & (PointerRow.user_id == user_id)
    return put(PointerRow(*key[1:], user_id=user_id), PointerRow.pk.does_not_exist() | (held <= clock.now()) | mine)


def hold(email: str, user_id: str, until: datetime) -> TransactItem:
    """Return the write that keeps an address for the user who leaves it."""
    row = PointerRow(*email_key(email)[1:], user_id=user_id, held_until=until)
    return put(row, PointerRow.user_id == user_id)


def release(key: Key) -> TransactItem:
    """Return the write that releases a unique key."""
    return delete(PointerRow(*key[1:]))
