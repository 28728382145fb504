"""The `users` table: a profile per user; `pointers` are the rows that make addresses and linked accounts unique."""

from pynamodb.attributes import BooleanAttribute, UnicodeAttribute, UnicodeSetAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from gatehouse import clock
from gatehouse.accounts.model import UTC, User
from gatehouse.accounts.pointers import PointerRow, email_key, link_key, passkey_pointer_key, release, reserve
from gatehouse.attributes import IntegerAttribute, TimestampAttribute
from gatehouse.config import config
from gatehouse.dynamodb import Key, Row, TableName, TransactItem, check, delete, put, update
from gatehouse.tokens import TokenRow

_PROFILE = "PROFILE"


class ProfileRow(Row):
    """A user. `epoch` equals the number on their EPOCH row in `sessions`; both change in one transaction.

    `links` are the ids of their accounts at providers, `passkeys` those of their passkeys, each with a row of its own.
    Only users with a verified address have any. `password_unproven` is set while the password may be that of somebody
    who does not have the mailbox, `password_mailed` while it was set by a mailed link alone. `two_factor` is the method
    of the active second factor, on since `two_factor_since`.
    """

    class Meta:
        table_name = TableName(lambda: config().users_table)

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default=_PROFILE)
    user_id = UnicodeAttribute()
    email = UnicodeAttribute()
    email_verified = BooleanAttribute()
    name = UnicodeAttribute(default="")
    image = UnicodeAttribute(null=True)
    password_hash = UnicodeAttribute(null=True)
    password_unproven = BooleanAttribute(null=True)
    password_mailed = BooleanAttribute(null=True)
    links = UnicodeSetAttribute(null=True)
    two_factor = UnicodeAttribute(null=True)
    two_factor_since = TimestampAttribute(null=True)
    passkeys = UnicodeSetAttribute(null=True)
    disabled = BooleanAttribute(default=False)
    task_reminders = BooleanAttribute(default=False)
    time_zone = UnicodeAttribute(default=UTC)
    epoch = IntegerAttribute(default=1)
    created_at = TimestampAttribute()
    updated_at = TimestampAttribute()

    @property
    def credential_id(self) -> str:
        """The account id of the password."""
        return credential_id(self.user_id)

    @property
    def is_proven(self) -> bool:
        """Whether nobody but the owner of the mailbox can have set what lets into this account."""
        return self.email_verified and not self.password_unproven

    @property
    def has_second_factor(self) -> bool:
        """Whether the user has what stands for a second factor, such as a passkey."""
        return bool(self.two_factor or self.passkeys)

    def to_user(self) -> User:
        """Return the user without the password hash and other internal fields."""
        return self.to(User, id=self.user_id, two_factor_method=self.two_factor)


def credential_id(user_id: str) -> str:
    """Return the account id of a user's password."""
    return f"credential-{user_id}"


def profile_key(user_id: str) -> Key:
    """Return the key of a profile."""
    return ProfileRow, f"USER#{user_id}", _PROFILE


def account_row_key(user_id: str, account_id: str) -> tuple[str, str]:
    """Return partition and sort key of a user's row about an account at a provider."""
    return f"USER#{user_id}", f"ACCOUNT#{account_id}"


def new_profile(
    user: User, password_hash: str | None, *links: str, password_unproven: bool | None = None
) -> ProfileRow:
    """Return the profile of a new user, unsaved."""
    return ProfileRow(
        profile_key(user.id)[1],
        user_id=user.id,
        email=user.email,
        email_verified=user.email_verified,
        name=user.name,
        image=user.image,
        password_hash=password_hash,
        password_unproven=password_unproven,
        links=set(links) or None,
        created_at=user.created_at,
        updated_at=user.updated_at,
    )


def create_profile(profile: ProfileRow) -> list[TransactItem]:
    """Return the writes that create a user and reserve their address."""
    return [put(profile, ProfileRow.pk.does_not_exist()), reserve(email_key(profile.email), profile.user_id)]


def set_password_by_reset(row: TokenRow, password_hash: str) -> TransactItem:
    """Return the write that sets a password through the mailbox of a proven account; it fails when address or epoch
    changed.
    """
    return update_profile(
        row.user_id,
        ProfileRow.password_hash.set(password_hash),
        ProfileRow.password_mailed.set(True),
        ProfileRow.epoch.set(row.epoch + 1),
        condition=(ProfileRow.email == row.email)
        & (ProfileRow.epoch == row.epoch)
        & ProfileRow.password_unproven.does_not_exist(),
    )


def set_password(profile: ProfileRow, password_hash: str) -> TransactItem:
    """Return the write that replaces the password that was just checked."""
    return update_profile(
        profile.user_id,
        ProfileRow.password_hash.set(password_hash),
        ProfileRow.password_mailed.remove(),
        ProfileRow.epoch.set(profile.epoch + 1),
        condition=(ProfileRow.password_hash == profile.password_hash) & (ProfileRow.epoch == profile.epoch),
    )


def advance_profile_epoch(user_id: str, epoch: int) -> TransactItem:
    """Return the profile's write of ending all sessions."""
    return update_profile(user_id, ProfileRow.epoch.set(epoch + 1), condition=ProfileRow.epoch == epoch)


def assert_unchanged(user_id: str, email: str, epoch: int) -> TransactItem:
    """Return the check that a user still has this address and epoch."""
    return check(profile_key(user_id), (ProfileRow.email == email) & (ProfileRow.epoch == epoch))


def set_profile_disabled(profile: ProfileRow, *, disabled: bool) -> TransactItem:
    """Return the write that disables or enables a user, in the next epoch."""
    return update_profile(
        profile.user_id,
        ProfileRow.disabled.set(disabled),
        ProfileRow.epoch.set(profile.epoch + 1),
        condition=ProfileRow.epoch == profile.epoch,
    )


def set_email(user_id: str, old: str, new: str, epoch: int) -> list[TransactItem]:
    """Return the writes that give a user another address, and reserve it; `hold` is for the old one.

    Whoever has it showed that the account is theirs, so it is verified, and the password is proven.
    """
    moved = update_profile(
        user_id,
        ProfileRow.email.set(new),
        ProfileRow.email_verified.set(True),
        ProfileRow.password_unproven.remove(),
        condition=(ProfileRow.email == old) & (ProfileRow.epoch == epoch),
    )
    return [moved, reserve(email_key(new), user_id)]


def delete_profile(profile: ProfileRow) -> list[TransactItem]:
    """Return the writes that delete a profile and its second factor, and release its address, linked accounts and
    passkeys.
    """
    from gatehouse.accounts.factor_rows import delete_factor  # noqa: PLC0415 -- most requests touch no second factor

    unchanged = (ProfileRow.epoch == profile.epoch) & (ProfileRow.email == profile.email)
    same = unchanged & same_links(profile) & same_passkeys(profile)
    row = ProfileRow(profile.pk, profile.sk)
    released = [release(email_key(profile.email)), *delete_links(profile), *delete_passkeys(profile)]
    return [delete(row, same), *released, delete_factor(profile.user_id)]


def delete_links(profile: ProfileRow, *, kept: str | None = None) -> list[TransactItem]:
    """Return the writes that delete all accounts at providers, but for one that is `kept`, and release them."""
    removed = (profile.links or set()) - {kept}
    return [change for account_id in removed for change in delete_link(profile.user_id, account_id)]


def delete_link(user_id: str, account_id: str) -> list[TransactItem]:
    """Return the writes that delete an account at a provider and release it."""
    return [delete(PointerRow(*account_row_key(user_id, account_id))), release(link_key(account_id))]


def delete_passkeys(profile: ProfileRow) -> list[TransactItem]:
    """Return the writes that delete all passkeys."""
    return [release(passkey_pointer_key(passkey_id)) for passkey_id in profile.passkeys or ()]


def is_enabled() -> Condition:
    """Return the condition that the user is not disabled."""
    enabled: Condition = ProfileRow.disabled != True  # noqa: E712 -- a condition; rows without the attribute meet it
    return enabled


def same_account(profile: ProfileRow) -> Condition:
    """Return the condition that the user is enabled, and still has the address and epoch that were read."""
    same: Condition = (ProfileRow.email == profile.email) & (ProfileRow.epoch == profile.epoch) & is_enabled()
    return same


def same_credentials(profile: ProfileRow) -> Condition:
    """Return the condition that password, linked accounts and passkeys are as they were read."""
    attribute = ProfileRow.password_hash
    password = attribute == profile.password_hash if profile.password_hash else attribute.does_not_exist()
    same: Condition = password & same_links(profile) & same_passkeys(profile)
    return same


def same_links(profile: ProfileRow) -> Condition:
    """Return the condition that the linked accounts are as they were read."""
    return ProfileRow.links == profile.links if profile.links else ProfileRow.links.does_not_exist()


def same_passkeys(profile: ProfileRow) -> Condition:
    """Return the condition that the passkeys are as they were read."""
    return ProfileRow.passkeys == profile.passkeys if profile.passkeys else ProfileRow.passkeys.does_not_exist()


def update_profile(user_id: str, *actions: Action, condition: Condition) -> TransactItem:
    """Return the write that updates a profile, and when it was last updated."""
    row = ProfileRow(profile_key(user_id)[1])
    return update(row, *actions, ProfileRow.updated_at.set(clock.now()), condition=condition)
