"""Undo a change of address, by the token that the old address was mailed: its owner ends up alone in the account."""

from dataclasses import replace
from typing import NoReturn

from gatehouse import sessions
from gatehouse.accounts import outbox
from gatehouse.accounts.former_addresses import (
    FormerAddress,
    FormerAddressesRow,
    former_key,
    held_addresses,
    save_former,
)
from gatehouse.accounts.lookup import find_profile
from gatehouse.accounts.model import User
from gatehouse.accounts.pointers import email_key, hold, release, reserve
from gatehouse.accounts.proofs import restore_email
from gatehouse.accounts.redemption import Redemption
from gatehouse.accounts.table import ProfileRow, profile_key
from gatehouse.accounts.verification import VerificationResult, verify_email
from gatehouse.dynamodb import ConditionFailed, TransactItem, batch_get, delete, put, retry_if_changed, transact
from gatehouse.errors import InvalidToken
from gatehouse.tokens import MailedToken, Purpose, TokenRow, email_subject, find_token, mark_used


def verify_or_undo(redemption: Redemption) -> VerificationResult:
    """Redeem a token by POST: as `verify_email`, or undo a change of address."""
    if MailedToken.parse(redemption.token).purpose != Purpose.EMAIL_CHANGED:
        return verify_email(redemption)
    profile = find_profile(retry_if_changed(lambda: _undo(redemption.token)))
    if not profile:
        raise InvalidToken
    return VerificationResult(user=profile.to_user(), issued=None, purpose=Purpose.EMAIL_CHANGED)


def _undo(token: str) -> str:
    """Give a user their old address back, end all sessions, remove every sign-in method, and mail a link that sets a
    password; returns the user's id.

    Later moves are undone with it. Redeeming it again changes nothing. Raises InvalidToken, TokenExpired.
    """
    row = find_token(token, Purpose.EMAIL_CHANGED)
    user_id: str = row.user_id or ""  # a notice of before had none, and no link
    profile, former = batch_get(profile_key(user_id), former_key(user_id))
    if not profile or profile.disabled:
        raise InvalidToken
    if row.used_at and profile.email == row.old_email:
        return user_id
    addresses = held_addresses(former)
    if row.used_at or row.old_email not in [one.email for one in addresses]:
        _refuse(row, token)
    restored = replace(profile.to_user(), email=row.old_email, email_verified=True)
    transact(
        mark_used(row),
        *restore_email(profile, restored.email),
        *_addresses(profile, restored.email, former, addresses),
        sessions.advance_epoch(user_id, profile.epoch),
        put(_reset_mail(row, restored, profile.epoch + 1)),
    )
    return user_id


def _reset_mail(row: TokenRow, owner: User, epoch: int) -> TokenRow:
    return outbox.password_reset(owner.email, outbox.client_of(row), owner=owner, epoch=epoch, to_owner=True)


def _refuse(row: TokenRow, token: str) -> NoReturn:
    """Raise InvalidToken, or ConditionFailed when another request has redeemed the token since `row` was read."""
    if not row.used_at and find_token(token, Purpose.EMAIL_CHANGED).used_at:
        raise ConditionFailed
    raise InvalidToken


def _addresses(
    profile: ProfileRow, restored: str, former: FormerAddressesRow | None, addresses: list[FormerAddress]
) -> list[TransactItem]:
    """Return the writes that release every address that the user came to after `restored`, and end its undo link.

    What they had before stays held: the address that an account had first has the last word.
    """
    position = [one.email for one in addresses].index(restored)
    kept, later = addresses[:position], [one.email for one in addresses[position + 1 :]]
    held_until = {one.email: one.held_until for one in kept}
    left = {profile.email, *later} - {restored}
    return [
        *([] if profile.email == restored else [reserve(email_key(restored), profile.user_id)]),
        *(
            hold(email, profile.user_id, held_until[email]) if email in held_until else release(email_key(email))
            for email in sorted(left)
        ),
        *(delete(TokenRow(email_subject(email), Purpose.EMAIL_CHANGED)) for email in later),
        save_former(profile.user_id, former, kept),
    ]
