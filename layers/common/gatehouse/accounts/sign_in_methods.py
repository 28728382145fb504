"""The ways in which a user signs in: a password, accounts at providers, passkeys. Whoever removes one keeps another."""

from gatehouse.accounts.pointers import link_key, passkey_pointer_key, release, reserve
from gatehouse.accounts.table import (
    ProfileRow,
    delete_link,
    is_enabled,
    same_account,
    same_credentials,
    same_links,
    same_passkeys,
    update_profile,
)
from gatehouse.dynamodb import TransactItem


def count_sign_in_methods(profile: ProfileRow) -> int:
    """Return in how many ways a user can sign in."""
    return bool(profile.password_hash) + len(profile.links or ()) + len(profile.passkeys or ())


def add_link(profile: ProfileRow, account_id: str) -> list[TransactItem]:
    """Return the writes that link an account to a user with a verified address, and reserve it."""
    proved = (ProfileRow.email == profile.email) & (ProfileRow.email_verified == True)  # noqa: E712 -- a condition
    same = proved & is_enabled() & (ProfileRow.epoch == profile.epoch) & same_links(profile)
    added = update_profile(profile.user_id, ProfileRow.links.add({account_id}), condition=same)
    return [added, reserve(link_key(account_id), profile.user_id)]


def remove_link(profile: ProfileRow, account_id: str) -> list[TransactItem]:
    """Return the writes that unlink an account, provided that the other sign-in methods are unchanged."""
    removed = update_profile(
        profile.user_id, ProfileRow.links.delete({account_id}), condition=same_credentials(profile)
    )
    return [removed, *delete_link(profile.user_id, account_id)]


def remove_password(profile: ProfileRow) -> TransactItem:
    """Return the write that removes the password, provided that the other sign-in methods are unchanged."""
    return update_profile(profile.user_id, ProfileRow.password_hash.remove(), condition=same_credentials(profile))


def add_passkey(profile: ProfileRow, passkey_id: str) -> TransactItem:
    """Return the write that adds a passkey to the proven account that was read; its row makes it unique."""
    same = same_account(profile) & same_passkeys(profile) & ProfileRow.password_unproven.does_not_exist()
    return update_profile(profile.user_id, ProfileRow.passkeys.add({passkey_id}), condition=same)


def remove_passkey(profile: ProfileRow, passkey_id: str, *, epoch: int) -> list[TransactItem]:
    """Return the writes that delete a passkey and move the profile to `epoch`, provided that the other sign-in methods
    are unchanged.
    """
    removed = update_profile(
        profile.user_id,
        ProfileRow.passkeys.delete({passkey_id}),
        ProfileRow.epoch.set(epoch),
        condition=same_credentials(profile) & (ProfileRow.epoch == profile.epoch),
    )
    return [removed, release(passkey_pointer_key(passkey_id))]
