"""Password reset by a mailed link."""

from dataclasses import replace

from gatehouse.accounts import outbox, passwords
from gatehouse.accounts.lookup import discard_sign_up, look_up_account, new_user
from gatehouse.accounts.table import create_profile, new_profile, set_password_by_reset
from gatehouse.dynamodb import ConditionFailed, put, transact
from gatehouse.errors import InvalidToken
from gatehouse.sessions import ClientInfo, advance_epoch, create_epoch
from gatehouse.tokens import Purpose, TokenRow, find_token, mark_used


def request_reset(email: str, client: ClientInfo, redirect_to: str | None = None) -> None:
    """Mail a link that sets a new password, if the address has an account or a pending sign-up.
    Raises TooManyRequests.
    """
    outbox.check_mail_rate(email)
    lookup, _ = look_up_account(email)
    profile = lookup.profile
    owner, epoch = (profile.to_user(), profile.epoch) if profile else (None, None)
    row = outbox.password_reset(email, client, redirect_to=redirect_to, owner=owner, epoch=epoch)
    reached = (profile or lookup.pending_sign_up) and not lookup.is_disabled
    (row if reached else outbox.decoy(email, client)).save()


def check_reset(token: str) -> None:
    """Raise InvalidToken or TokenExpired when the token would not set a password."""
    _find_unused(token)


def reset_password(token: str, new_password: str) -> None:
    """Set a new password and end every session; a pending sign-up for the address is deleted.

    Raises PasswordTooShort, PasswordTooLong, WeakPassword, PasswordCompromised, InvalidToken, TokenExpired. Only
    success uses up the token.
    """
    passwords.check_new_password(new_password)
    row = _find_unused(token)
    passwords.check_new_password(new_password, row.email, row.name)
    password_hash = passwords.hash_new_password(new_password)
    if row.user_id:
        notice = put(outbox.password_changed(row.user_id, row.email, outbox.client_of(row)))
        changes = [set_password_by_reset(row, password_hash), advance_epoch(row.user_id, row.epoch), notice]
    else:
        user = replace(new_user(row.email), email_verified=True)
        changes = [*create_profile(new_profile(user, password_hash)), create_epoch(user.id)]
    try:
        transact(mark_used(row), *changes, discard_sign_up(row.email))
    except ConditionFailed:
        raise InvalidToken from None


def _find_unused(token: str) -> TokenRow:
    row = find_token(token, Purpose.RESET_PASSWORD)
    if row.used_at:
        raise InvalidToken
    return row
