"""Proving an address by a mailed token: a sign-up that waits, a user who has not proved it yet, or a new address."""

from contextlib import suppress
from dataclasses import dataclass, replace

from gatehouse.accounts import outbox
from gatehouse.accounts.model import User
from gatehouse.accounts.people import Known, forget_sign_up, known, signed_up
from gatehouse.accounts.table import ProfileRow, creation, email_key, move, profile_key, unmoved, verification
from gatehouse.config import config
from gatehouse.dynamodb import Change, ConditionFailed, conditionally, get_together, put, transact
from gatehouse.errors import EmailAlreadyVerified, EmailMismatch, InvalidToken
from gatehouse.sessions import Client, Opened, first_epoch, open_session
from gatehouse.tokens import Purpose, TokenRow, look_up, used

_PURPOSES = (Purpose.VERIFY_EMAIL, Purpose.CHANGE_EMAIL, Purpose.CONFIRM_EMAIL_CHANGE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """Whose address it is, the session if verifying signs in, and what the token was for."""

    user: User
    opened: Opened | None
    purpose: Purpose


def verify_email(token: str, client: Client) -> Verified:
    """Do what a mailed token stands for; a waiting sign-up becomes a user, with the password of this very token.

    Doing it again while the link lives changes nothing. Raises InvalidToken, TokenExpired.
    """
    row = look_up(token, *_PURPOSES)
    first = not row.used_at and _redeem(row, client)
    if not (first or row.used_at or look_up(token, *_PURPOSES).used_at):
        raise InvalidToken
    profile: ProfileRow | None
    (profile,) = get_together(profile_key(row.user_id))
    if not profile or profile.disabled:
        raise InvalidToken
    purpose, opened = Purpose(row.purpose), None
    if first and purpose == Purpose.VERIFY_EMAIL and config().auto_sign_in_after_verification:
        opened, session = open_session(profile.user_id, profile.epoch, client)
        session.save()
    return Verified(user=profile.to_user(), opened=opened, purpose=purpose)


def request_verification(email: str, client: Client, callback_url: str | None = None) -> None:
    """Mail the verification link again, if the address waits for one. Raises TooManyRequests."""
    outbox.check_rate(email)
    behind, _ = known(email)
    if not mail_again(behind, client, callback_url):
        outbox.nothing(email, client).save()


def check_own(user: User, email: str) -> None:
    """Raises EmailMismatch or EmailAlreadyVerified when somebody signed in has nothing to verify there."""
    if user.email != email:
        raise EmailMismatch
    if user.email_verified:
        raise EmailAlreadyVerified


def mail_again(behind: Known, client: Client, callback_url: str | None = None) -> bool:
    """Order one more verification mail; False when there is nobody to verify, or nobody who may come in."""
    waiting, profile = behind.waiting, behind.profile
    if waiting:
        row = outbox.verification(
            signed_up(waiting), client, callback_url=callback_url, password_hash=waiting.password_hash
        )
        _save_unless_replaced(row, waiting)
    elif profile and not profile.email_verified and not behind.is_disabled:
        outbox.verification(profile.to_user(), client, callback_url=callback_url).save()
    else:
        return False
    return True


def _save_unless_replaced(row: TokenRow, waiting: TokenRow) -> None:
    with suppress(ConditionFailed), conditionally():  # a newer sign-up that took the row has its mail on the way
        row.save(condition=TokenRow.nonce == waiting.nonce)


def _redeem(row: TokenRow, client: Client) -> bool:
    try:
        transact(used(row), *_effects(row, client))
    except ConditionFailed:
        return False
    return True


def _effects(row: TokenRow, client: Client) -> list[Change]:
    if row.purpose == Purpose.CONFIRM_EMAIL_CHANGE:
        (owner,) = get_together(email_key(row.new_email))
        mail = outbox.change_email(row, client, taken=owner is not None)
        return [unmoved(row.user_id, row.old_email, row.epoch), put(mail)]
    if row.purpose == Purpose.CHANGE_EMAIL:
        notice = put(outbox.email_changed(row))
        return [*move(row.user_id, row.old_email, row.new_email, row.epoch), forget_sign_up(row.new_email), notice]
    if not row.password_hash:
        return [verification(row.user_id, row.email)]
    user = replace(signed_up(row), email_verified=True)
    return [*creation(user, row.password_hash), first_epoch(user.id)]
