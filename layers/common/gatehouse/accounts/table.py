"""The `users` table: a profile a person, and a pointer from each address, which keeps addresses unique."""

from pynamodb.attributes import BooleanAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from gatehouse import clock
from gatehouse.accounts.model import UTC, User
from gatehouse.config import config
from gatehouse.dynamodb import Change, Key, Moment, Row, Whole, check, delete, put, update
from gatehouse.tokens import TokenRow

_PROFILE, _EMAIL = "PROFILE", "EMAIL"


class ProfileRow(Row):
    """A person. `epoch` is the number on their EPOCH row in `sessions`; both change in one transaction."""

    class Meta:
        table_name = config().users_table

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default=_PROFILE)
    user_id = UnicodeAttribute()
    email = UnicodeAttribute()
    email_verified = BooleanAttribute()
    name = UnicodeAttribute(default="")
    image = UnicodeAttribute(null=True)
    password_hash = UnicodeAttribute(null=True)
    disabled = BooleanAttribute(default=False)
    task_reminders = BooleanAttribute(default=False)
    time_zone = UnicodeAttribute(default=UTC)
    epoch = Whole(default=1)
    created_at = Moment()
    updated_at = Moment()

    def to_user(self) -> User:
        """The person without what is theirs alone."""
        return User(
            id=self.user_id,
            email=self.email,
            name=self.name,
            image=self.image,
            email_verified=self.email_verified,
            created_at=self.created_at,
            updated_at=self.updated_at,
            task_reminders=self.task_reminders,
            time_zone=self.time_zone,
        )


class EmailRow(Row):
    """Whose address this is."""

    class Meta:
        table_name = config().users_table

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default=_EMAIL)
    user_id = UnicodeAttribute()


def profile_key(user_id: str) -> Key:
    """Where a person's profile is."""
    return ProfileRow, f"USER#{user_id}", _PROFILE


def email_key(address: str) -> Key:
    """Where the pointer of an address is."""
    return EmailRow, f"EMAIL#{address}", _EMAIL


def creation(user: User, password_hash: str) -> list[Change]:
    """A new person, and the pointer from their address, which nobody else may have."""
    profile = ProfileRow(
        profile_key(user.id)[1],
        user_id=user.id,
        email=user.email,
        email_verified=user.email_verified,
        name=user.name,
        image=user.image,
        password_hash=password_hash,
        created_at=user.created_at,
        updated_at=user.updated_at,
    )
    pointer = EmailRow(email_key(user.email)[1], user_id=user.id)
    return [put(profile, ProfileRow.pk.does_not_exist()), put(pointer, EmailRow.pk.does_not_exist())]


def verification(user_id: str, email: str) -> Change:
    """The address of a person is theirs, if they still have it and may come in."""
    admitted = ProfileRow.disabled != True  # noqa: E712 -- a condition, which a row without the attribute meets
    return _update(user_id, ProfileRow.email_verified.set(True), condition=(ProfileRow.email == email) & admitted)


def reset_of_password(row: TokenRow, password_hash: str) -> Change:
    """A new password by way of the mailbox: it proves the address, and holds only while nothing else changed."""
    return _update(
        row.user_id,
        ProfileRow.password_hash.set(password_hash),
        ProfileRow.epoch.set(row.epoch + 1),
        ProfileRow.email_verified.set(True),
        condition=(ProfileRow.email == row.email) & (ProfileRow.epoch == row.epoch),
    )


def change_of_password(profile: ProfileRow, password_hash: str) -> Change:
    """A new password in the place of the one that was just shown."""
    return _update(
        profile.user_id,
        ProfileRow.password_hash.set(password_hash),
        ProfileRow.epoch.set(profile.epoch + 1),
        condition=(ProfileRow.password_hash == profile.password_hash) & (ProfileRow.epoch == profile.epoch),
    )


def new_epoch(user_id: str, epoch: int) -> Change:
    """The profile's part of signing a user out everywhere."""
    return _update(user_id, ProfileRow.epoch.set(epoch + 1), condition=ProfileRow.epoch == epoch)


def unmoved(user_id: str, email: str, epoch: int) -> Change:
    """No change, but only while a person has this address and nobody signed them out everywhere."""
    return check(profile_key(user_id), (ProfileRow.email == email) & (ProfileRow.epoch == epoch))


def admission(profile: ProfileRow, *, disabled: bool) -> Change:
    """Whether a person may come in, from the next epoch on."""
    return _update(
        profile.user_id,
        ProfileRow.disabled.set(disabled),
        ProfileRow.epoch.set(profile.epoch + 1),
        condition=ProfileRow.epoch == profile.epoch,
    )


def move(user_id: str, old: str, new: str, epoch: int) -> list[Change]:
    """A person at another address, which is proved and nobody else's."""
    moved = _update(
        user_id,
        ProfileRow.email.set(new),
        ProfileRow.email_verified.set(True),
        condition=(ProfileRow.email == old) & (ProfileRow.epoch == epoch),
    )
    pointer = EmailRow(email_key(new)[1], user_id=user_id)
    return [moved, put(pointer, EmailRow.pk.does_not_exist()), delete(EmailRow(email_key(old)[1]))]


def departure(profile: ProfileRow) -> list[Change]:
    """A person gone, and their address free."""
    return [
        delete(
            ProfileRow(profile.pk, profile.sk),
            (ProfileRow.epoch == profile.epoch) & (ProfileRow.email == profile.email),
        ),
        delete(EmailRow(email_key(profile.email)[1])),
    ]


def _update(user_id: str, *actions: Action, condition: Condition) -> Change:
    row = ProfileRow(profile_key(user_id)[1])
    return update(row, *actions, ProfileRow.updated_at.set(clock.now()), condition=condition)
