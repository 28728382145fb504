"""Password reset by a mailed link."""

from dataclasses import replace

from gatehouse.accounts import outbox, passwords
from gatehouse.accounts.counters import empty_counters, spend_mail
from gatehouse.accounts.gate import take_over
from gatehouse.accounts.lookup import discard_sign_up, find_profile, look_up_account, new_user
from gatehouse.accounts.table import create_profile, new_profile, set_password_by_reset
from gatehouse.dynamodb import ConditionFailed, TransactItem, put, transact
from gatehouse.errors import InvalidToken
from gatehouse.sessions import ClientInfo, advance_epoch, create_epoch
from gatehouse.tokens import Purpose, TokenRow, email_subject, find_token, mark_used, still_works


def request_reset(email: str, client: ClientInfo, redirect_to: str | None = None) -> None:
    """Mail a link that sets a new password, if the address has an account or a pending sign-up.

    Beyond the budget of the address it is mailed only when the last link does not work any more.
    """
    within_budget = spend_mail(Purpose.RESET_PASSWORD, email)
    lookup, (last,) = look_up_account(email, (TokenRow, email_subject(email), Purpose.RESET_PASSWORD))
    profile = lookup.profile
    owner, epoch = (profile.to_user(), profile.epoch) if profile else (None, None)
    to_owner = outbox.is_owner(profile)
    row = outbox.password_reset(email, client, redirect_to=redirect_to, owner=owner, epoch=epoch, to_owner=to_owner)
    reached = (profile or lookup.pending_sign_up) and not lookup.is_disabled
    needed = within_budget or not (still_works(last) and (last.user_id, last.epoch) == (row.user_id, epoch))
    (row if reached and needed else outbox.decoy(email, client)).save()


def check_reset(token: str) -> None:
    """Raise InvalidToken or TokenExpired when the token would not set a password."""
    _find_unused(token)


def reset_password(token: str, new_password: str) -> str:
    """Set a new password, end every session, and return the address; a pending sign-up for it is deleted.

    Of an account that nobody proved to own before, nothing else stays that gives access. Raises PasswordTooShort,
    PasswordTooLong, WeakPassword, PasswordCompromised, InvalidToken, TokenExpired. Only success uses up the token.
    """
    passwords.check_new_password(new_password)
    row = _find_unused(token)
    passwords.check_new_password(new_password, row.email, row.name)
    password_hash = passwords.hash_new_password(new_password)
    user_id, changes = _changes(row, password_hash)
    try:
        transact(mark_used(row), *changes, discard_sign_up(row.email))
    except ConditionFailed:
        raise InvalidToken from None
    empty_counters(row.email, user_id)
    return str(row.email)


def _changes(row: TokenRow, password_hash: str) -> tuple[str, list[TransactItem]]:
    """Return the id of the user whose password a token sets, and the writes that do."""
    if not row.user_id:
        user = replace(new_user(row.email), email_verified=True)
        return user.id, [*create_profile(new_profile(user, password_hash)), create_epoch(user.id)]
    client = outbox.client_of(row)
    if not row.to_owner:  # an account once proven stays so, and need not be read
        profile = find_profile(row.user_id)
        if not profile or (profile.email, profile.epoch) != (row.email, row.epoch):
            raise InvalidToken
        if not profile.is_proven:
            return row.user_id, take_over(profile, client, password_hash=password_hash)
    notice = put(outbox.password_changed(row.user_id, row.email, client))
    return row.user_id, [set_password_by_reset(row, password_hash), advance_epoch(row.user_id, row.epoch), notice]


def _find_unused(token: str) -> TokenRow:
    row = find_token(token, Purpose.RESET_PASSWORD)
    if row.used_at:
        raise InvalidToken
    return row
