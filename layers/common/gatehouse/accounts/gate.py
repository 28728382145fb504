"""The gate: every way to sign in ends here, in the one place that opens sessions.

It holds for all of them that whoever proves the mailbox of an unproven account ends up alone in it, that the user is
enabled, that their address is verified where that is required, and that the second factor was given, if they have one.
"""

from dataclasses import replace

from gatehouse import sessions
from gatehouse.accounts import notices
from gatehouse.accounts.challenges import APP, Challenge, FirstFactor, ResponseForm, new_challenge
from gatehouse.accounts.known_devices import is_known_device
from gatehouse.accounts.lookup import AuthenticatedUser
from gatehouse.accounts.proofs import replace_credentials
from gatehouse.accounts.sign_in_methods import add_link
from gatehouse.accounts.table import ProfileRow
from gatehouse.accounts.trim_orders import trim_orders
from gatehouse.config import config
from gatehouse.dynamodb import TransactItem, put, transact
from gatehouse.errors.accounts import EmailNotVerified
from gatehouse.sessions import ClientInfo, IssuedSession


class UserDisabled(Exception):
    """The user is disabled. Each way to sign in has its own response to that."""


def open_session(
    profile: ProfileRow,
    client: ClientInfo,
    *changes: TransactItem,
    proves_mailbox: bool,
    by_mailbox: bool = False,
    account_id: str | None = None,
    remember: bool = True,
    notify: bool = True,
    form: ResponseForm = ResponseForm.BETTER_AUTH,
) -> IssuedSession | Challenge:
    """Open a session for an existing user; `changes` are written along with it.

    Every way to sign in says whether it `proves_mailbox`: then an unproven account is taken over first. Whoever has a
    second factor, and comes from no trusted device, gets a challenge instead, which is completed in the `form` of this
    sign-in's response; `changes` are written along with it, unless they link `account_id`, an account at a provider:
    nothing is linked before the second factor. `by_mailbox` says that the mailbox alone may be the first factor: then
    whoever has an app is not offered a mailed code. With the setting `NotifyNewDevice` a user is told by mail of a
    device that they did not use before; `notify` is off for users who come by a mailed link. Raises UserDisabled,
    EmailNotVerified, and ConditionFailed when the account, or something that `changes` depend on, has changed.
    """
    _check_admitted(profile)
    epoch, writes = profile.epoch, list(changes)
    if proves_mailbox and not profile.is_proven:
        writes = [*take_over(profile, client, account_id=account_id), *writes]
        epoch += 1
        profile.two_factor = None  # removed
    elif account_id:
        writes = [*add_link(profile, account_id), *writes]
    trusted_device = _use_trust(profile, client) if profile.two_factor else None
    if profile.two_factor and not trusted_device:
        mailbox = proves_mailbox or (by_mailbox and profile.two_factor == APP)
        first = FirstFactor(user_id=profile.user_id, epoch=epoch, remember=remember, mailbox=mailbox, form=form)
        challenge, waiting = new_challenge(first, profile.two_factor)
        transact(*([] if account_id else writes), put(waiting))
        return challenge
    trusted = trusted_device is not None
    issued = _open(profile, client, writes, epoch=epoch, remember=remember, notify=notify, second_factor=trusted)
    return replace(issued, trusted_device=trusted_device)


def _use_trust(profile: ProfileRow, client: ClientInfo) -> str | None:
    from gatehouse.accounts.trusted_devices import use_trust  # noqa: PLC0415 -- most requests touch no second factor

    return use_trust(profile, client)


def open_first_session(
    profile: ProfileRow, client: ClientInfo, *changes: TransactItem, remember: bool = True
) -> IssuedSession:
    """Open a session for a new user, whom `changes` create; raises as `open_session`."""
    _check_admitted(profile)
    return _open(profile, client, list(changes), epoch=profile.epoch, remember=remember, notify=False)


def open_session_with_both_factors(
    profile: ProfileRow, client: ClientInfo, *changes: TransactItem, remember: bool = True, notify: bool = True
) -> IssuedSession:
    """Open a session for whoever showed all that is asked of them; raises as `open_session`."""
    _check_admitted(profile)
    return _open(
        profile, client, list(changes), epoch=profile.epoch, remember=remember, notify=notify, second_factor=True
    )


def _check_admitted(profile: ProfileRow) -> None:
    if profile.disabled:
        raise UserDisabled
    if config().require_email_verification and not profile.email_verified:
        raise EmailNotVerified


def _open(
    profile: ProfileRow,
    client: ClientInfo,
    writes: list[TransactItem],
    *,
    epoch: int,
    remember: bool,
    notify: bool,
    second_factor: bool = False,
) -> IssuedSession:
    issued, row = sessions.new_session(profile.user_id, epoch, client, remember=remember, second_factor=second_factor)
    writes = [*writes, *(_notices(profile, client) if notify else []), *trim_orders(profile.user_id)]
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


def replace_session(
    user: AuthenticatedUser, client: ClientInfo, *, epoch: int, second_factor: bool | None = None
) -> tuple[IssuedSession, TransactItem]:
    """Return a session in place of a user's current one, in this epoch or the next, and the write that opens it.

    `second_factor` is as in the current one, unless given.
    """
    old = user.session
    given = old.second_factor if second_factor is None else second_factor
    issued, row = sessions.new_session(user.id, epoch, client, remember=old.remember, second_factor=given)
    return issued, put(row)
