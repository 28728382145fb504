"""Getting back in with a new password, by a mailed link."""

from dataclasses import replace

from gatehouse.accounts import outbox, passwords
from gatehouse.accounts.people import forget_sign_up, known, newcomer
from gatehouse.accounts.table import creation, reset_of_password
from gatehouse.dynamodb import ConditionFailed, put, transact
from gatehouse.errors import InvalidToken
from gatehouse.sessions import Client, first_epoch, next_epoch
from gatehouse.tokens import Purpose, TokenRow, look_up, used


def request_reset(email: str, client: Client, redirect_to: str | None = None) -> None:
    """Mail a link that sets a new password, if anybody has or awaits an account here. Raises TooManyRequests."""
    outbox.check_rate(email)
    behind, _ = known(email)
    profile = behind.profile
    owner, epoch = (profile.to_user(), profile.epoch) if profile else (None, None)
    row = outbox.reset(email, client, redirect_to=redirect_to, owner=owner, epoch=epoch)
    reached = (profile or behind.waiting) and not behind.is_disabled
    (row if reached else outbox.nothing(email, client)).save()


def check_reset(token: str) -> None:
    """Raises InvalidToken or TokenExpired when the token would not set a password."""
    _unused(token)


def reset_password(token: str, new_password: str) -> None:
    """Set a new password and end every session; whatever sign-up waits for the address is gone.

    Raises PasswordTooShort, PasswordTooLong, WeakPassword, InvalidToken, TokenExpired. Only success spends the token.
    """
    passwords.check_choice(new_password)
    row = _unused(token)
    passwords.check_choice(new_password, row.email, row.name)
    password_hash = passwords.hash_password(new_password)
    if row.user_id:
        notice = put(
            outbox.password_changed(row.user_id, row.email, Client(base_url=row.base_url, language=row.language))
        )
        changes = [reset_of_password(row, password_hash), next_epoch(row.user_id, row.epoch), notice]
    else:
        user = replace(newcomer(row.email), email_verified=True)
        changes = [*creation(user, password_hash), first_epoch(user.id)]
    try:
        transact(used(row), *changes, forget_sign_up(row.email))
    except ConditionFailed:
        raise InvalidToken from None


def _unused(token: str) -> TokenRow:
    row = look_up(token, Purpose.RESET_PASSWORD)
    if row.used_at:
        raise InvalidToken
    return row
