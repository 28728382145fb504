"""Notices: mails to an owner about what happened to the account; rows are returned unsaved."""

from datetime import timedelta
from typing import Any

from gatehouse.accounts.origin import rough_origin
from gatehouse.accounts.outbox import is_owner, issue
from gatehouse.accounts.table import ProfileRow
from gatehouse.sessions import ClientInfo
from gatehouse.tokens import Purpose, TokenRow

_NOTICE = timedelta(days=1)


def sign_in_method_added(profile: ProfileRow, client: ClientInfo, method: str) -> TokenRow:
    """The notice to a user of a new way to sign in. Whatever adds one puts it into the transaction that does.

    `method` is a provider's id, or the name of a text in `mail/templates/LANGUAGE/methods`.
    """
    return _notice(Purpose.SIGN_IN_METHOD_ADDED, profile, client, method=method)


def sign_in_method_removed(profile: ProfileRow, client: ClientInfo, method: str) -> TokenRow:
    """The notice to a user that a way to sign in was removed; `method` is as in `sign_in_method_added`."""
    return _notice(Purpose.SIGN_IN_METHOD_REMOVED, profile, client, method=method)


def new_device(profile: ProfileRow, client: ClientInfo) -> TokenRow:
    """The notice to a user of a sign-in from a device that they did not use before."""
    return _notice(Purpose.NEW_DEVICE, profile, client)


def security_changed(profile: ProfileRow, client: ClientInfo, change: Purpose) -> TokenRow:
    """The notice to a user of one of `SECURITY_CHANGES`."""
    return _notice(change, profile, client)


def access_removed(profile: ProfileRow, client: ClientInfo) -> TokenRow:
    """The notice to a user that proving the mailbox removed all that gave access to the account before.

    It greets nobody by name: whoever had access may have chosen the name.
    """
    return issue(Purpose.ACCESS_REMOVED, profile.user_id, profile.email, client, lifetime=_NOTICE)


def _notice(purpose: Purpose, profile: ProfileRow, client: ClientInfo, **columns: Any) -> TokenRow:
    return issue(
        purpose,
        profile.user_id,
        profile.email,
        client,
        lifetime=_NOTICE,
        name=profile.name,
        to_owner=is_owner(profile),
        origin=rough_origin(client),
        **columns,
    )
