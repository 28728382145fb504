"""Writes after somebody proved that an address, or a password, is theirs."""

from gatehouse.accounts.pointers import link_key, reserve
from gatehouse.accounts.second_factors import no_second_factor
from gatehouse.accounts.table import (
    ProfileRow,
    delete_links,
    delete_passkeys,
    same_account,
    same_credentials,
    same_links,
    same_passkeys,
    update_profile,
)
from gatehouse.dynamodb import TransactItem


def mark_verified(profile: ProfileRow) -> TransactItem:
    """Return the write that marks the address as verified by whoever knows the password or has a session."""
    same = same_account(profile) & same_credentials(profile)
    return update_profile(profile.user_id, ProfileRow.email_verified.set(True), condition=same)


def mark_verified_unproven(profile: ProfileRow) -> TransactItem:
    """Return the write that marks the address as verified in the next epoch, with a password that may be another's."""
    return update_profile(
        profile.user_id,
        ProfileRow.email_verified.set(True),
        ProfileRow.password_unproven.set(True),
        ProfileRow.epoch.set(profile.epoch + 1),
        condition=same_account(profile) & same_credentials(profile),
    )


def mark_password_proven(profile: ProfileRow) -> TransactItem:
    """Return the write that marks the password that was just checked as that of the mailbox's owner."""
    same = same_account(profile) & (ProfileRow.password_hash == profile.password_hash)
    return update_profile(profile.user_id, ProfileRow.password_unproven.remove(), condition=same)


def replace_credentials(
    profile: ProfileRow, *, password_hash: str | None = None, account_id: str | None = None
) -> list[TransactItem]:
    """Return the writes that remove password, linked accounts, passkeys and second factor, in the next epoch; what is
    given takes their place, also an account that was linked before.
    """
    from gatehouse.accounts.factor_rows import delete_factor  # noqa: PLC0415 -- most requests touch no second factor

    password, links = ProfileRow.password_hash, ProfileRow.links
    replaced = update_profile(
        profile.user_id,
        password.set(password_hash) if password_hash else password.remove(),
        links.set({account_id}) if account_id else links.remove(),
        ProfileRow.passkeys.remove(),
        ProfileRow.password_unproven.remove(),
        *no_second_factor(),
        ProfileRow.email_verified.set(True),
        ProfileRow.epoch.set(profile.epoch + 1),
        condition=same_account(profile) & same_links(profile) & same_passkeys(profile),
    )
    removed = [*delete_links(profile, kept=account_id), *delete_passkeys(profile), delete_factor(profile.user_id)]
    changes = [replaced, *removed]
    if account_id and account_id not in (profile.links or ()):
        changes.append(reserve(link_key(account_id), profile.user_id))
    return changes


def restore_email(profile: ProfileRow, email: str) -> list[TransactItem]:
    """Return the writes that give a user an earlier address back, in the next epoch, and remove all sign-in methods and
    the second factor.

    They fail when anything that they remove has changed, and for a disabled user.
    """
    from gatehouse.accounts.factor_rows import delete_factor  # noqa: PLC0415 -- most requests touch no second factor

    same = same_account(profile) & same_credentials(profile)
    restored = update_profile(
        profile.user_id,
        ProfileRow.email.set(email),
        ProfileRow.email_verified.set(True),
        ProfileRow.password_hash.remove(),
        ProfileRow.password_unproven.remove(),
        ProfileRow.links.remove(),
        ProfileRow.passkeys.remove(),
        *no_second_factor(),
        ProfileRow.epoch.set(profile.epoch + 1),
        condition=same,
    )
    return [restored, *delete_links(profile), *delete_passkeys(profile), delete_factor(profile.user_id)]
