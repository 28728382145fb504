"""Issuing a token, finding it again, and spending it once."""

import secrets
from datetime import datetime, timedelta
from typing import Any

from gatehouse import clock, keys
from gatehouse.dynamodb import Change, get_together, update
from gatehouse.errors import InvalidToken, TokenExpired
from gatehouse.tokens.model import MailedToken, MailState, Purpose
from gatehouse.tokens.table import TokenRow

_KEPT = timedelta(days=1)


def issue(
    purpose: Purpose,
    subject: str,
    *,
    email: str,
    base_url: str,
    lifetime: timedelta,
    kept: timedelta = _KEPT,
    begun_at: datetime | None = None,
    mail_state: MailState = MailState.PENDING,
    **columns: Any,
) -> TokenRow:
    """A new row, unsaved. Saving it replaces the one before and, through the table's stream, sends the mail.

    The row outlives its token by `kept`, so that an expired token can be told from an unknown one. What was `begun_at`
    some time is kept so long from then on, however often it is issued anew, but never shorter than its token.
    """
    now = clock.now()
    ends_at = now + lifetime
    return TokenRow(
        subject,
        purpose,
        nonce=secrets.token_bytes(32),
        created_at=begun_at or now,
        lifetime=int(lifetime.total_seconds()),
        delete_at=max(begun_at + kept, ends_at) if begun_at else ends_at + kept,
        mail_state=mail_state,
        email=email,
        base_url=base_url,
        **columns,
    )


def mailed_token(row: TokenRow) -> str:
    """The token for the link in the row's mail. It is not stored: only the secret can make it again."""
    mac = keys.mac(keys.MAIL, _bound(row))
    return str(MailedToken(purpose=Purpose(row.purpose), subject=row.subject, mac=mac))


def look_up(text: str, *purposes: Purpose) -> TokenRow:
    """The row that a token stands for, used or not.

    Raises InvalidToken when it is unknown, replaced or for another purpose, TokenExpired when its time is over.
    """
    token = MailedToken.parse(text)
    if token.purpose not in purposes:
        raise InvalidToken
    row: TokenRow | None
    row, keyring = get_together((TokenRow, token.subject, token.purpose), keys.keyring_key())
    keys.observe(keyring)
    if not row or not keys.matches(keys.MAIL, _bound(row), token.mac):
        raise InvalidToken
    if (row.expires_at or row.delete_at) <= clock.now():  # a mail that was not sent sets no end
        raise TokenExpired
    return row


def used(row: TokenRow) -> Change:
    """Spend the token: a write that only one of several requests can win, and none after a newer token was issued."""
    return update(
        row,
        TokenRow.used_at.set(clock.now()),
        TokenRow.mail_state.set(MailState.SENT),
        TokenRow.password_hash.remove(),
        condition=(TokenRow.nonce == row.nonce) & TokenRow.used_at.does_not_exist(),
    )


def _bound(row: TokenRow) -> bytes:
    return b"\0".join((row.purpose.encode(), row.subject.encode(), row.nonce))
