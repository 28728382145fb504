"""Issue, find and use up tokens."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from pynamodb.expressions.condition import Condition

from gatehouse import clock, keys
from gatehouse.dynamodb import TransactItem, batch_get, conditional_write, update
from gatehouse.errors import InvalidToken, TokenExpired
from gatehouse.tokens.model import MailedToken, MailState, Purpose
from gatehouse.tokens.table import TokenRow

_RETENTION = timedelta(days=1)


def issue_token(
    purpose: Purpose,
    subject: str,
    *,
    email: str,
    base_url: str,
    lifetime: timedelta,
    retention: timedelta = _RETENTION,
    begun_at: datetime | None = None,
    earlier: TokenRow | None = None,
    mail_state: MailState = MailState.PENDING,
    **columns: Any,
) -> TokenRow:
    """Return a new row, unsaved. Saving it replaces the previous one and, through the table's stream, sends the mail.

    The row outlives its token by `retention`, so that an expired token differs from an unknown one. With `begun_at`,
    retention counts from then, however often the token is issued again, but never ends before the token. While the
    token of the `earlier` row works, the new row has the same one.
    """
    now = clock.now()
    ends_at = now + lifetime
    return TokenRow(
        subject,
        purpose,
        nonce=earlier.nonce if earlier and _is_valid(earlier) else secrets.token_bytes(32),
        created_at=begun_at or now,
        lifetime=int(lifetime.total_seconds()),
        delete_at=max(begun_at + retention, ends_at) if begun_at else ends_at + retention,
        mail_state=mail_state,
        email=email,
        base_url=base_url,
        **columns,
    )


def derive_token(row: TokenRow) -> str:
    """Return the token for the link in the row's mail. It is not stored: it is derived with the secret."""
    mac = keys.mac(keys.MAIL, _mac_message(row))
    return str(MailedToken(purpose=Purpose(row.purpose), subject=row.subject, mac=mac))


def find_token(text: str, *purposes: Purpose) -> TokenRow:
    """Return the row of a token, used or not.

    Raises InvalidToken when it is unknown, replaced or for another purpose, TokenExpired when it has expired.
    """
    token = MailedToken.parse(text)
    if token.purpose not in purposes:
        raise InvalidToken
    row: TokenRow | None
    row, keyring = batch_get((TokenRow, token.subject, token.purpose), keys.keyring_key())
    keys.update_cache(keyring)
    if not row or not keys.matches(keys.MAIL, _mac_message(row), token.mac):
        raise InvalidToken
    if _has_expired(row):
        raise TokenExpired
    return row


def still_works(row: TokenRow | None) -> bool:
    """Whether the link of a row was mailed, or is about to be, and can still be used."""
    unsent = (MailState.NONE, MailState.FAILED)
    return row is not None and row.mail_state not in unsent and _is_valid(row)


def replace_token(row: TokenRow, read: TokenRow | None) -> None:
    """Save a row in place of the one that was read, or of none; raises ConditionFailed when that has changed."""
    with conditional_write():
        row.save(condition=_is_unchanged(read) if read else TokenRow.subject.does_not_exist())


def replace_unmailed(row: TokenRow, read: TokenRow) -> None:
    """The same, with the link of the row that was read, whose mail is not sent again; raises ConditionFailed also when
    the sender has just changed that row.
    """
    for name in ("nonce", "mail_state", "attempts", "expires_at", "delete_at"):
        setattr(row, name, getattr(read, name))
    with conditional_write():
        row.save(condition=_is_unchanged(read) & (TokenRow.mail_state == read.mail_state))


def mark_used(row: TokenRow) -> TransactItem:
    """Return the write that uses up the token: only one of several requests succeeds, and none after a newer token was
    issued.
    """
    return update(
        row,
        TokenRow.used_at.set(clock.now()),
        TokenRow.mail_state.set(MailState.SENT),
        TokenRow.password_hash.remove(),
        condition=(TokenRow.nonce == row.nonce) & TokenRow.used_at.does_not_exist(),
    )


def _is_unchanged(read: TokenRow) -> Condition:
    sign_up, used = TokenRow.sign_up_id, TokenRow.used_at
    same_sign_up = sign_up == read.sign_up_id if read.sign_up_id else sign_up.does_not_exist()
    same_use = used.exists() if read.used_at else used.does_not_exist()
    unchanged: Condition = (TokenRow.nonce == read.nonce) & same_sign_up & same_use
    return unchanged


def _is_valid(row: TokenRow) -> bool:
    return not (row.used_at or _has_expired(row))


def _has_expired(row: TokenRow) -> bool:
    ends_at = row.expires_at or row.delete_at  # `expires_at` is set when the mail is sent
    return bool(ends_at <= clock.now())


def _mac_message(row: TokenRow) -> bytes:
    return b"\0".join((row.purpose.encode(), row.subject.encode(), row.nonce))
