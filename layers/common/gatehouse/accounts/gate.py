"""The gate: every way to sign in ends here, in the one place that opens sessions.

It holds for all of them that the user is enabled and, where that is required, that their address is verified.
"""

from gatehouse import sessions
from gatehouse.accounts import notices
from gatehouse.accounts.known_devices import is_known_device
from gatehouse.accounts.lookup import AuthenticatedUser
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
    remember: bool = True,
    notify: bool = True,
) -> IssuedSession:
    """Open a session for an existing user, or for a new one whom `changes` create; all is written at once.

    Where that is set, a user is told by mail of a device that they did not use before; `notify` is off for users who
    are new or come by a mailed link. Raises UserDisabled, EmailNotVerified, and ConditionFailed when a condition in
    `changes` does not hold.
    """
    if profile.disabled:
        raise UserDisabled
    if config().require_email_verification and not profile.email_verified:
        raise EmailNotVerified
    issued, row = sessions.new_session(profile.user_id, profile.epoch, client, remember=remember)
    writes = [*changes, *(_notices(profile, client) if notify else []), *trim_orders(profile.user_id)]
    if writes:
        transact(*writes, put(row))
    else:
        row.save()
    return issued


def _notices(profile: ProfileRow, client: ClientInfo) -> list[TransactItem]:
    if not (config().notify_new_device and profile.email_verified):
        return []
    return [] if is_known_device(client.device_proofs, profile.email) else [put(notices.new_device(profile, client))]


def replace_session(user: AuthenticatedUser, client: ClientInfo) -> tuple[IssuedSession, TransactItem]:
    """Return a session in the user's next epoch, in place of their current one, and the write that opens it."""
    issued, row = sessions.new_session(user.id, user.profile.epoch + 1, client, remember=user.session.remember)
    return issued, put(row)
