"""The sign-in methods of a user, and removing one. The last one cannot be removed."""

from gatehouse.accounts.lookup import profile_versions
from gatehouse.accounts.sign_in_methods import count_sign_in_methods, remove_link, remove_password
from gatehouse.accounts.table import ProfileRow
from gatehouse.dynamodb import TransactItem, batch_get, retry_if_changed, transact
from gatehouse.errors import InvalidInput
from gatehouse.errors.providers import AccountNotFound, FailedToUnlinkLastAccount
from gatehouse.oauth.table import AccountRow, account_key

PASSWORD = "credential"  # noqa: S105 -- the provider of a password, as clients know it


def linked_accounts(profile: ProfileRow) -> list[AccountRow]:
    """Return a user's accounts at providers, oldest first."""
    links = profile.links or ()
    rows = batch_get(*(account_key(profile.user_id, account_id) for account_id in links)) if links else []
    return sorted((row for row in rows if row), key=lambda row: (row.created_at, row.account_id))


def select_method(profile: ProfileRow, account_id: str | None, provider_id: str | None) -> AccountRow | None:
    """Return the sign-in method that a caller means: an account at a provider, or None for the password.

    `account_id` is ours, or as clients before better-auth 1.7 send it, the provider's own; that of the password is its
    user's. `provider_id` has to be its provider, and alone means the only account there. Raises AccountNotFound, and
    InvalidInput where several match.
    """
    password = (PASSWORD, {profile.credential_id, profile.user_id}, None)
    linked = [(row.provider_id, {row.account_id, row.subject}, row) for row in linked_accounts(profile)]
    found = [
        row
        for provider, ids, row in ([*linked, password] if profile.password_hash else linked)
        if (provider == provider_id if account_id is None else account_id in ids and provider_id in {None, provider})
    ]
    if not found:
        raise AccountNotFound
    if len(found) > 1:
        raise InvalidInput("Several of your accounts match. Send the id of one, as list-accounts shows it.")
    return found[0]


def unlink(profile: ProfileRow, account_id: str | None, provider_id: str | None = None) -> None:
    """Remove an account at a provider, or the password, selected as by `select_method`.

    Raises FailedToUnlinkLastAccount, AccountNotFound, InvalidInput, and SessionEnded when the user does not exist any
    more.
    """
    versions = profile_versions(profile)
    retry_if_changed(lambda: transact(*_removal(next(versions), account_id, provider_id)))


def _removal(profile: ProfileRow, account_id: str | None, provider_id: str | None) -> list[TransactItem]:
    if count_sign_in_methods(profile) <= 1:
        raise FailedToUnlinkLastAccount
    own = (profile.links or set()) | ({profile.credential_id} if profile.password_hash else set())
    if account_id not in own or provider_id is not None:
        row = select_method(profile, account_id, provider_id)
        account_id = row.account_id if row else profile.credential_id
    if account_id == profile.credential_id:
        return [remove_password(profile)]
    return remove_link(profile, account_id)
