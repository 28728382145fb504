"""The passkeys of a user: who may have more, list, rename and delete them; not the last way to sign in."""

from gatehouse.accounts import AuthenticatedUser, ProfileRow, notices
from gatehouse.accounts.lookup import account_versions
from gatehouse.accounts.sign_in_methods import count_sign_in_methods, remove_passkey
from gatehouse.config import config
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
from gatehouse.sessions import ClientInfo, Session, advance_epoch, carry_over


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

    Where all users must have a second factor, deleting the last one ends all other sessions, and the caller's is as one
    without a second factor. Raises PasskeyNotFound, FailedToUnlinkLastAccount, and SessionEnded when the session ended
    meanwhile.
    """
    versions = account_versions(account)
    retry_if_changed(lambda: transact(*_removal(next(versions), account.session, passkey_id, client)))


def _removal(profile: ProfileRow, session: Session, passkey_id: str, client: ClientInfo) -> list[TransactItem]:
    _check_own(profile, passkey_id)
    if count_sign_in_methods(profile) <= 1:
        raise FailedToUnlinkLastAccount
    notice = put(notices.sign_in_method_removed(profile, client, "passkey"))
    epoch = profile.epoch
    if config().require_two_factor != "all" or profile.two_factor or profile.passkeys != {passkey_id}:
        return [*remove_passkey(profile, passkey_id, epoch=epoch), notice]
    ended = [advance_epoch(profile.user_id, epoch), carry_over(session, epoch, with_second_factor=False)]
    return [*remove_passkey(profile, passkey_id, epoch=epoch + 1), *ended, notice]


def _check_own(profile: ProfileRow, passkey_id: str) -> None:
    """Raise PasskeyNotFound for another user's passkey as for one that does not exist."""
    if passkey_id not in (profile.passkeys or ()):
        raise PasskeyNotFound
