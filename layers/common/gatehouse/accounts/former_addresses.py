"""Addresses that a user left, in the order they had them. Each is held for them while its mailbox may undo the move."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pynamodb.attributes import JSONAttribute, TTLAttribute, UnicodeAttribute

from gatehouse import clock
from gatehouse.accounts.pointers import email_key, hold, release
from gatehouse.accounts.table import profile_key, set_email
from gatehouse.config import config
from gatehouse.dynamodb import Key, Row, TableName, TransactItem, delete, put
from gatehouse.tokens import TokenRow

_HELD = timedelta(days=8)  # a day longer than the link works, which counts from the mail
_FORMER = "FORMER"


class FormerAddressesRow(Row):
    """The addresses of one user as `[address, seconds since 1970]`; TTL removes the row after the last of them."""

    class Meta:
        table_name = TableName(lambda: config().users_table)

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default=_FORMER)
    addresses = JSONAttribute()
    held_until = TTLAttribute()


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerAddress:
    """An address, and until when it is held."""

    email: str
    held_until: datetime


def former_key(user_id: str) -> Key:
    """Return the key of a user's former addresses."""
    return FormerAddressesRow, profile_key(user_id)[1], _FORMER


def all_addresses(row: FormerAddressesRow | None) -> list[FormerAddress]:
    """Return the addresses in a row, those that are held no more included."""
    pairs = row.addresses if row else []
    return [FormerAddress(email=email, held_until=datetime.fromtimestamp(end, tz=UTC)) for email, end in pairs]


def held_addresses(row: FormerAddressesRow | None) -> list[FormerAddress]:
    """Return the addresses that are held now, in the order in which the user had them first."""
    return [former for former in all_addresses(row) if former.held_until > clock.now()]


def move_address(token: TokenRow, row: FormerAddressesRow | None) -> list[TransactItem]:
    """Return the writes that move a user from one address to the next, and hold the one that they leave."""
    left = FormerAddress(email=token.old_email, held_until=(clock.now() + _HELD).replace(microsecond=0))
    former = {one.email: one for one in held_addresses(row)} | {left.email: left}  # keeps its place, if it has one
    return [
        *set_email(token.user_id, token.old_email, token.new_email, token.epoch),
        hold(left.email, token.user_id, left.held_until),
        save_former(token.user_id, row, list(former.values())),
    ]


def leave_address(token: TokenRow) -> list[TransactItem]:
    """Return the writes that move a user who never proved to have had an address, and release that."""
    moved = set_email(token.user_id, token.old_email, token.new_email, token.epoch)
    return [*moved, release(email_key(token.old_email))]


def save_former(user_id: str, row: FormerAddressesRow | None, addresses: list[FormerAddress]) -> TransactItem:
    """Return the write that replaces a user's former addresses, provided that `row` is as it was read."""
    column = FormerAddressesRow.addresses
    unchanged = column == row.addresses if row else column.does_not_exist()
    if not addresses:
        return delete(FormerAddressesRow(*former_key(user_id)[1:]), unchanged)
    pairs = [[one.email, int(one.held_until.timestamp())] for one in addresses]
    until = max(one.held_until for one in addresses)
    return put(FormerAddressesRow(*former_key(user_id)[1:], addresses=pairs, held_until=until), unchanged)
