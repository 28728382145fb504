"""The sign-in methods of a user, and removing one. The last one cannot be removed."""

from gatehouse.accounts.lookup import profile_versions
from gatehouse.accounts.table import ProfileRow, remove_link, remove_password
from gatehouse.dynamodb import TransactItem, batch_get, retry_if_changed, transact
from gatehouse.errors import AccountNotFound, FailedToUnlinkLastAccount
from gatehouse.oauth.table import AccountRow, account_key


def linked_accounts(profile: ProfileRow) -> list[AccountRow]:
    """Return a user's accounts at providers, oldest first."""
    links = profile.links or ()
    rows = batch_get(*(account_key(profile.user_id, account_id) for account_id in links)) if links else []
    return sorted((row for row in rows if row), key=lambda row: (row.created_at, row.account_id))


def unlink(profile: ProfileRow, account_id: str) -> None:
    """Remove an account at a provider, or the password, by its account id.

    Raises FailedToUnlinkLastAccount, AccountNotFound, and SessionEnded when the user does not exist any more.
    """
    versions = profile_versions(profile)
    retry_if_changed(lambda: transact(*_removal(next(versions), account_id)))


def _removal(profile: ProfileRow, account_id: str) -> list[TransactItem]:
    links = profile.links or set()
    if len(links) + bool(profile.password_hash) <= 1:
        raise FailedToUnlinkLastAccount
    if account_id == profile.credential_id and profile.password_hash:
        return [remove_password(profile)]
    if account_id not in links:
        raise AccountNotFound
    return remove_link(profile, account_id)
