"""Verify an address by a mailed token: of a pending sign-up, of an unverified user, or a new address."""

from contextlib import suppress
from dataclasses import dataclass, replace

from gatehouse.accounts import outbox
from gatehouse.accounts.counters import empty_counters, spend_mail
from gatehouse.accounts.former_addresses import former_key, move_address
from gatehouse.accounts.gate import open_session
from gatehouse.accounts.lookup import AccountLookup, discard_sign_up, find_profile, look_up_account, pending_user
from gatehouse.accounts.model import User
from gatehouse.accounts.pointers import email_key, taken_by
from gatehouse.accounts.table import assert_unchanged, create_profile, mark_verified, new_profile
from gatehouse.config import config
from gatehouse.dynamodb import ConditionFailed, TransactItem, batch_get, conditional_write, put, transact
from gatehouse.errors import EmailAlreadyVerified, EmailMismatch, InvalidToken
from gatehouse.sessions import ClientInfo, IssuedSession, create_epoch
from gatehouse.tokens import Purpose, TokenRow, find_token, mark_used, still_works

_PURPOSES = (Purpose.VERIFY_EMAIL, Purpose.CHANGE_EMAIL, Purpose.CONFIRM_EMAIL_CHANGE)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationResult:
    """The user, the new session if verifying signs in, the token's purpose, and whether this request used it up."""

    user: User
    issued: IssuedSession | None
    purpose: Purpose
    first: bool = False


def verify_email(token: str, client: ClientInfo) -> VerificationResult:
    """Redeem a mailed token; a pending sign-up becomes a user, with the password of this very token.

    Redeeming it again before it expires changes nothing. Raises InvalidToken, TokenExpired.
    """
    row = find_token(token, *_PURPOSES)
    first = not row.used_at and _redeem(row, client)
    if not (first or row.used_at or find_token(token, *_PURPOSES).used_at):
        raise InvalidToken
    profile = find_profile(row.user_id)
    if not profile or profile.disabled:
        raise InvalidToken
    purpose, issued = Purpose(row.purpose), None
    if first:
        empty_counters(row.email, profile.user_id)
    if first and purpose == Purpose.VERIFY_EMAIL and config().auto_sign_in_after_verification:
        issued = open_session(profile, client, notify=False)
    return VerificationResult(user=profile.to_user(), issued=issued, purpose=purpose, first=first)


def request_verification(email: str, client: ClientInfo, callback_url: str | None = None) -> None:
    """Mail the verification link again, if the address is not verified.

    Beyond the budget of the address it is mailed only when the last link does not work any more.
    """
    within_budget = spend_mail(Purpose.VERIFY_EMAIL, email)
    lookup, _ = look_up_account(email)
    needed = within_budget or not still_works(lookup.verification)
    if not (needed and resend_verification(lookup, client, callback_url)):
        outbox.decoy(email, client).save()


def check_unverified(user: User, email: str) -> None:
    """Raise EmailMismatch or EmailAlreadyVerified when the signed-in user cannot verify this address."""
    if user.email != email:
        raise EmailMismatch
    if user.email_verified:
        raise EmailAlreadyVerified


def resend_verification(lookup: AccountLookup, client: ClientInfo, callback_url: str | None = None) -> bool:
    """Send one more verification mail; False when there is nobody to verify, or the user is disabled."""
    pending_sign_up, profile = lookup.pending_sign_up, lookup.profile
    if pending_sign_up:
        row = outbox.verification(
            pending_user(pending_sign_up),
            client,
            callback_url=callback_url,
            password_hash=pending_sign_up.password_hash,
        )
        _save_unless_replaced(row, pending_sign_up)
    elif profile and not profile.email_verified and not lookup.is_disabled:
        outbox.verification(profile.to_user(), client, callback_url=callback_url).save()
    else:
        return False
    return True


def _save_unless_replaced(row: TokenRow, pending_sign_up: TokenRow) -> None:
    with suppress(ConditionFailed), conditional_write():  # a newer sign-up replaced the row, and has its own mail
        row.save(condition=TokenRow.nonce == pending_sign_up.nonce)


def _redeem(row: TokenRow, client: ClientInfo) -> bool:
    try:
        transact(mark_used(row), *_writes(row, client))
    except ConditionFailed:
        return False
    return True


def _writes(row: TokenRow, client: ClientInfo) -> list[TransactItem]:
    if row.purpose == Purpose.CONFIRM_EMAIL_CHANGE:
        (pointer,) = batch_get(email_key(row.new_email))
        mail = outbox.confirmed_change_email_mail(row, client, taken=taken_by(pointer) not in {None, row.user_id})
        return [assert_unchanged(row.user_id, row.old_email, row.epoch), put(mail)]
    if row.purpose == Purpose.CHANGE_EMAIL:
        (former,) = batch_get(former_key(row.user_id))
        return [*move_address(row, former), discard_sign_up(row.new_email), put(outbox.email_changed(row))]
    if not row.password_hash:
        return [mark_verified(row.user_id, row.email)]
    user = replace(pending_user(row), email_verified=True)
    return [*create_profile(new_profile(user, row.password_hash)), create_epoch(user.id)]
