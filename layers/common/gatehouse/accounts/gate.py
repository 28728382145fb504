"""The gate: every way to sign in ends here, in the one place that opens sessions.

It holds for all of them that the user is enabled, that their address is verified where that is required, and that
whoever proves the mailbox of an unproven account ends up alone in it.
"""

from gatehouse import sessions
from gatehouse.accounts import notices
from gatehouse.accounts.known_devices import is_known_device
from gatehouse.accounts.lookup import AuthenticatedUser
from gatehouse.accounts.proofs import replace_credentials
from gatehouse.accounts.sign_in_methods import add_link
from gatehouse.accounts.table import ProfileRow
from gatehouse.accounts.trim_orders import trim_orders
from gatehouse.config import config
from gatehouse.dynamodb import TransactItem, put, transact
from gatehouse.errors import EmailNotVerified
from gatehouse.sessions import ClientInfo, IssuedSession


class UserDisabled(Exception):
    """The user is disabled. Each way to sign in has its own response to that."""


def open_session(
    profile: ProfileRow,
    client: ClientInfo,
    *changes: TransactItem,
    proves_mailbox: bool,
    account_id: str | None = None,
    remember: bool = True,
    notify: bool = True,
) -> IssuedSession:
    """Open a session for an existing user, or for a new one whom `changes` create; all is written at once.

    Every way to sign in says whether it `proves_mailbox`: then an unproven account is taken over first. `account_id`
    is an account at a provider that is linked along with it. Where that is set, a user is told by mail of a device that
    they did not use before; `notify` is off for users who are new or come by a mailed link. Raises UserDisabled,
    EmailNotVerified, and ConditionFailed when the account, or something that `changes` depend on, has changed.
    """
    if profile.disabled:
        raise UserDisabled
    if config().require_email_verification and not profile.email_verified:
        raise EmailNotVerified
    epoch = profile.epoch
    writes = [*changes, *(_notices(profile, client) if notify else []), *trim_orders(profile.user_id)]
    if proves_mailbox and not profile.is_proven:
        epoch, writes = epoch + 1, [*take_over(profile, client, account_id=account_id), *writes]
    elif account_id:
        writes = [*add_link(profile, account_id), *writes]
    issued, row = sessions.new_session(profile.user_id, epoch, client, remember=remember)
    if writes:
        transact(*writes, put(row))
    else:
        row.save()
    return issued


def take_over(
    profile: ProfileRow, client: ClientInfo, *, password_hash: str | None = None, account_id: str | None = None
) -> list[TransactItem]:
    """Return the writes that leave whoever has just proved the mailbox alone in an account.

    All that gave access before is removed: password, linked accounts, passkeys and, by the next epoch, sessions, mailed
    tokens and requested changes. What else gives access one day is to be removed here. Only what is given here is set
    anew; the owner is told by mail. An account whose address was changed is proven, so there are no links to undo a
    change.
    """
    return [
        *replace_credentials(profile, password_hash=password_hash, account_id=account_id),
        sessions.advance_epoch(profile.user_id, profile.epoch),
        put(notices.access_removed(profile, client)),
    ]


def _notices(profile: ProfileRow, client: ClientInfo) -> list[TransactItem]:
    if not (config().notify_new_device and profile.email_verified):
        return []
    known = is_known_device(client.device_proofs, profile.email, is_proven=profile.is_proven)
    return [] if known else [put(notices.new_device(profile, client))]


def replace_session(user: AuthenticatedUser, client: ClientInfo) -> tuple[IssuedSession, TransactItem]:
    """Return a session in the user's next epoch, in place of their current one, and the write that opens it."""
    issued, row = sessions.new_session(user.id, user.profile.epoch + 1, client, remember=user.session.remember)
    return issued, put(row)
