"""The sign-in methods of a user, and removing one. The last one cannot be removed."""

from gatehouse.accounts.table import ProfileRow, profile_key, remove_link, remove_password
from gatehouse.dynamodb import ConditionFailed, TransactionConflict, TransactItem, back_off, batch_get, transact
from gatehouse.errors import AccountNotFound, FailedToUnlinkLastAccount, SessionEnded
from gatehouse.oauth.table import AccountRow, account_key

_ATTEMPTS = 8


def linked_accounts(profile: ProfileRow) -> list[AccountRow]:
    """Return a user's accounts at providers, oldest first."""
    links = profile.links or ()
    rows = batch_get(*(account_key(profile.user_id, account_id) for account_id in links)) if links else []
    return sorted((row for row in rows if row), key=lambda row: (row.created_at, row.account_id))


def unlink(profile: ProfileRow, account_id: str) -> None:
    """Remove an account at a provider, or the password, by its account id.

    Raises FailedToUnlinkLastAccount, AccountNotFound, and SessionEnded when the user does not exist any more.
    """
    for attempt in range(_ATTEMPTS):
        try:
            return transact(*_removal(profile, account_id))
        except ConditionFailed:
            back_off(attempt)
        profile = _reread(profile)
    raise TransactionConflict


def _removal(profile: ProfileRow, account_id: str) -> list[TransactItem]:
    links = profile.links or set()
    if len(links) + bool(profile.password_hash) <= 1:
        raise FailedToUnlinkLastAccount
    if account_id == profile.credential_id and profile.password_hash:
        return [remove_password(profile)]
    if account_id not in links:
        raise AccountNotFound
    return remove_link(profile, account_id)


def _reread(profile: ProfileRow) -> ProfileRow:
    row: ProfileRow | None
    (row,) = batch_get(profile_key(profile.user_id))
    if row is None:
        raise SessionEnded
    return row
