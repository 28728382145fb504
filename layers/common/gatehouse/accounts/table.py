"""The `users` table: a profile a person, and pointers from what is one person's alone: addresses, links."""

from pynamodb.attributes import BooleanAttribute, UnicodeAttribute, UnicodeSetAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from gatehouse import clock
from gatehouse.accounts.model import UTC, User
from gatehouse.config import config
from gatehouse.dynamodb import Change, Key, Moment, Row, TableName, Whole, check, delete, put, update
from gatehouse.tokens import TokenRow

_PROFILE, _EMAIL, _LINK = "PROFILE", "EMAIL", "LINK"


class ProfileRow(Row):
    """A person. `epoch` is the number on their EPOCH row in `sessions`; both change in one transaction.

    `links` are the ids of their accounts at providers, each with a row of its own. Only a proved address has any.
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
    links = UnicodeSetAttribute(null=True)
    disabled = BooleanAttribute(default=False)
    task_reminders = BooleanAttribute(default=False)
    time_zone = UnicodeAttribute(default=UTC)
    epoch = Whole(default=1)
    created_at = Moment()
    updated_at = Moment()

    @property
    def credential_id(self) -> str:
        """What the password is called among the ways in."""
        return credential_id(self.user_id)

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


class PointerRow(Row):
    """Whose address this is, or whose account at a provider."""

    class Meta:
        table_name = TableName(lambda: config().users_table)

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    user_id = UnicodeAttribute()


def credential_id(user_id: str) -> str:
    """What a person's password is called among the ways in."""
    return f"credential-{user_id}"


def profile_key(user_id: str) -> Key:
    """Where a person's profile is."""
    return ProfileRow, f"USER#{user_id}", _PROFILE


def email_key(address: str) -> Key:
    """Where the pointer of an address is."""
    return PointerRow, f"EMAIL#{address}", _EMAIL


def link_key(account_id: str) -> Key:
    """Where the pointer of an account at a provider is."""
    return PointerRow, f"ACCOUNT#{account_id}", _LINK


def account_place(user_id: str, account_id: str) -> tuple[str, str]:
    """The key of a person's row about their account at a provider."""
    return f"USER#{user_id}", f"ACCOUNT#{account_id}"


def creation(user: User, password_hash: str | None, *links: str) -> list[Change]:
    """A new person, and the pointer from their address, which nobody else may have."""
    profile = ProfileRow(
        profile_key(user.id)[1],
        user_id=user.id,
        email=user.email,
        email_verified=user.email_verified,
        name=user.name,
        image=user.image,
        password_hash=password_hash,
        links=set(links) or None,
        created_at=user.created_at,
        updated_at=user.updated_at,
    )
    return [put(profile, ProfileRow.pk.does_not_exist()), point(email_key(user.email), user.id)]


def point(key: Key, user_id: str) -> Change:
    """A pointer to a person, from something that is nobody's yet."""
    return put(PointerRow(*key[1:], user_id=user_id), PointerRow.pk.does_not_exist())


def unpoint(key: Key) -> Change:
    """A pointer gone, so that somebody else may have what it was for."""
    return delete(PointerRow(*key[1:]))


def addition_of_link(profile: ProfileRow, account_id: str) -> list[Change]:
    """One more way in for somebody whose address is proved, and the pointer from it, which nobody else may have."""
    admitted = ProfileRow.disabled != True  # noqa: E712 -- a condition, which a row without the attribute meets
    proved = (ProfileRow.email == profile.email) & (ProfileRow.email_verified == True)  # noqa: E712 -- the same
    same = proved & admitted & (ProfileRow.epoch == profile.epoch) & _same_links(profile)
    added = _update(profile.user_id, ProfileRow.links.add({account_id}), condition=same)
    return [added, point(link_key(account_id), profile.user_id)]


def removal_of_link(profile: ProfileRow, account_id: str) -> list[Change]:
    """A way in gone, with all that is kept of it, while the others are as they were."""
    removed = _update(profile.user_id, ProfileRow.links.delete({account_id}), condition=_same_ways_in(profile))
    return [removed, *_end_of_link(profile.user_id, account_id)]


def removal_of_password(profile: ProfileRow) -> Change:
    """No password any more, while the other ways in are as they were."""
    return _update(profile.user_id, ProfileRow.password_hash.remove(), condition=_same_ways_in(profile))


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
    return [moved, point(email_key(new), user_id), unpoint(email_key(old))]


def departure(profile: ProfileRow) -> list[Change]:
    """A person gone, and their address and accounts at providers free."""
    same = (ProfileRow.epoch == profile.epoch) & (ProfileRow.email == profile.email) & _same_links(profile)
    links = [change for account_id in profile.links or () for change in _end_of_link(profile.user_id, account_id)]
    return [delete(ProfileRow(profile.pk, profile.sk), same), unpoint(email_key(profile.email)), *links]


def _end_of_link(user_id: str, account_id: str) -> list[Change]:
    return [delete(PointerRow(*account_place(user_id, account_id))), unpoint(link_key(account_id))]


def _same_ways_in(profile: ProfileRow) -> Condition:
    attribute = ProfileRow.password_hash
    password = attribute == profile.password_hash if profile.password_hash else attribute.does_not_exist()
    same: Condition = password & _same_links(profile)
    return same


def _same_links(profile: ProfileRow) -> Condition:
    return ProfileRow.links == profile.links if profile.links else ProfileRow.links.does_not_exist()


def _update(user_id: str, *actions: Action, condition: Condition) -> Change:
    row = ProfileRow(profile_key(user_id)[1])
    return update(row, *actions, ProfileRow.updated_at.set(clock.now()), condition=condition)
