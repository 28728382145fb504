"""The passkeys of a user: who may have more, list, rename and delete them; not the last way to sign in."""

from gatehouse.accounts import AuthenticatedUser, ProfileRow, notices
from gatehouse.accounts.lookup import profile_versions
from gatehouse.accounts.sign_in_methods import count_sign_in_methods, remove_passkey
from gatehouse.dynamodb import (
    ConditionFailed,
    TransactItem,
    batch_get,
    conditional_write,
    put,
    retry_if_changed,
    transact,
)
from gatehouse.errors import TwoFactorRequired
from gatehouse.errors.passkeys import AccountNotProven, PasskeyLimitReached, PasskeyNotFound
from gatehouse.errors.providers import FailedToUnlinkLastAccount
from gatehouse.passkeys.model import MAX_PASSKEYS
from gatehouse.passkeys.table import PasskeyRow, passkey_key
from gatehouse.sessions import ClientInfo, Session


def passkeys_of(profile: ProfileRow) -> list[PasskeyRow]:
    """Return a user's passkeys, oldest first."""
    ids = profile.passkeys or ()
    rows = batch_get(*map(passkey_key, ids)) if ids else []
    return sorted((row for row in rows if row), key=lambda row: (row.created_at, row.passkey_id))


def check_may_register(profile: ProfileRow, session: Session) -> None:
    """Raise AccountNotProven or PasskeyLimitReached when a user cannot add a passkey.

    Raises TwoFactorRequired in a session without the second factor that they have: a passkey would stand for it.
    """
    if profile.two_factor and not session.second_factor:
        raise TwoFactorRequired
    if not profile.is_proven:
        raise AccountNotProven
    if len(profile.passkeys or ()) >= MAX_PASSKEYS:
        raise PasskeyLimitReached


def rename_passkey(profile: ProfileRow, passkey_id: str, name: str) -> PasskeyRow:
    """Rename a passkey, and return it; raises PasskeyNotFound."""
    _check_own(profile, passkey_id)
    row = PasskeyRow(*passkey_key(passkey_id)[1:])
    try:
        with conditional_write():
            row.update([PasskeyRow.name.set(name)], condition=PasskeyRow.user_id == profile.user_id)
    except ConditionFailed:
        raise PasskeyNotFound from None
    return row


def delete_passkey(account: AuthenticatedUser, passkey_id: str, client: ClientInfo) -> None:
    """Delete a passkey, of which its user is told by mail.

    Raises PasskeyNotFound, FailedToUnlinkLastAccount, and SessionEnded when the user does not exist any more.
    """
    versions = profile_versions(account.profile)
    retry_if_changed(lambda: transact(*_removal(next(versions), passkey_id, client)))


def _removal(profile: ProfileRow, passkey_id: str, client: ClientInfo) -> list[TransactItem]:
    _check_own(profile, passkey_id)
    if count_sign_in_methods(profile) <= 1:
        raise FailedToUnlinkLastAccount
    return [*remove_passkey(profile, passkey_id), put(notices.sign_in_method_removed(profile, client, "passkey"))]


def _check_own(profile: ProfileRow, passkey_id: str) -> None:
    """Raise PasskeyNotFound for another user's passkey as for one that does not exist."""
    if passkey_id not in (profile.passkeys or ()):
        raise PasskeyNotFound
