"""Writes that turn a user's second factor on and off."""

from pynamodb.expressions.update import Action

from gatehouse import clock
from gatehouse.accounts.table import ProfileRow, same_account, same_credentials, update_profile
from gatehouse.dynamodb import TransactItem
from gatehouse.sessions import advance_epoch


def set_second_factor(profile: ProfileRow, method: str) -> TransactItem:
    """Return the write that makes a method the second factor of an account that has not changed."""
    return update_profile(
        profile.user_id,
        ProfileRow.two_factor.set(method),
        ProfileRow.two_factor_since.set(clock.now()),
        ProfileRow.password_mailed.remove(),
        condition=same_account(profile) & same_credentials(profile),
    )


def remove_second_factor(profile: ProfileRow) -> list[TransactItem]:
    """Return the writes that remove the second factor and end all sessions, and with them the trust in devices."""
    from gatehouse.accounts.factor_rows import delete_factor  # noqa: PLC0415 -- most requests touch no second factor

    removed = update_profile(
        profile.user_id,
        *no_second_factor(),
        ProfileRow.epoch.set(profile.epoch + 1),
        condition=ProfileRow.epoch == profile.epoch,
    )
    return [removed, delete_factor(profile.user_id), advance_epoch(profile.user_id, profile.epoch)]


def no_second_factor() -> list[Action]:
    """Return the actions on a profile that turn the second factor off."""
    return [ProfileRow.two_factor.remove(), ProfileRow.two_factor_since.remove()]
