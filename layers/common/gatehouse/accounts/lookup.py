"""Look up the account of an address, and create new users."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from gatehouse import clock, sessions
from gatehouse.accounts.model import User
from gatehouse.accounts.pointers import email_key, owner_of, taken_by
from gatehouse.accounts.table import ProfileRow, profile_key
from gatehouse.dynamodb import Key, TransactItem, batch_get, delete
from gatehouse.errors import InvalidToken, SessionEnded
from gatehouse.sessions import Credential, Session
from gatehouse.tokens import Purpose, TokenRow, email_subject

_NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLookup:
    """The profile of an address, or its pending sign-up, or neither; and the row of the latest verification.

    `taken_by` is set also where the address is only held.
    """

    profile: ProfileRow | None
    pending_sign_up: TokenRow | None
    verification: TokenRow | None
    taken_by: str | None = None

    @property
    def password_hash(self) -> str | None:
        """The hash to check a password against; None for a disabled user."""
        account = self.profile or self.pending_sign_up
        return account.password_hash if account and not self.is_disabled else None

    @property
    def is_disabled(self) -> bool:
        """Whether the user is disabled."""
        return bool(self.profile and self.profile.disabled)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthenticatedUser:
    """A signed-in user: the session, and the profile as it was just read."""

    session: Session
    profile: ProfileRow

    @property
    def id(self) -> str:
        """The user's id."""
        return self.profile.user_id

    @property
    def user(self) -> User:
        """The user."""
        return self.profile.to_user()


def find_profile(user_id: str) -> ProfileRow | None:
    """Return a user's profile."""
    row: ProfileRow | None
    (row,) = batch_get(profile_key(user_id))
    return row


def profile_versions(profile: ProfileRow) -> Iterator[ProfileRow]:
    """Yield a profile as it was read, then as it is each time; raises SessionEnded when the user does not exist any
    more.
    """
    row: ProfileRow | None = profile
    while row:
        yield row
        row = find_profile(profile.user_id)
    raise SessionEnded


def account_versions(account: AuthenticatedUser) -> Iterator[ProfileRow]:
    """Yield the profile as it was read with its session, then as it is each time; raises SessionEnded when the session
    has ended meanwhile.
    """
    yield account.profile
    while True:
        epoch, profile = sessions.check_active(account.id, account.session.id), find_profile(account.id)
        if not profile or profile.epoch != epoch:
            raise SessionEnded
        yield profile


def find_user(credential: Credential, *, refresh_keyring: bool = False) -> AuthenticatedUser:
    """Return the user of a credential with the live session, in one read; raises as `sessions.find_session`."""
    key = profile_key(credential.user_id)
    session, rows = sessions.find_session(credential, key, refresh_keyring=refresh_keyring)
    return with_profile(session, rows)


def look_up_account(email: str, *extra_keys: Key) -> tuple[AccountLookup, list[Any]]:
    """Return the account of an address, and the rows of `extra_keys`: two reads whether or not it exists."""
    pointer, row, *extra_rows = batch_get(email_key(email), sign_up_key(email), *extra_keys)
    profile = find_profile(owner_of(pointer) or _NOBODY)
    pending_sign_up = row if not profile and is_pending(row) else None
    lookup = AccountLookup(
        profile=profile, pending_sign_up=pending_sign_up, verification=row, taken_by=taken_by(pointer)
    )
    return lookup, extra_rows


def sign_up_key(email: str) -> Key:
    """Return the key of the pending sign-up of an address."""
    return TokenRow, email_subject(email), Purpose.VERIFY_EMAIL


def is_pending(row: TokenRow | None) -> bool:
    """Whether a sign-up waits in this row."""
    return bool(row and row.password_hash and not row.used_at and row.delete_at > clock.now())


def new_user(email: str, *, name: str = "", image: str | None = None) -> User:
    """Return a new, unsaved user."""
    now = clock.now()
    return User(
        id=str(uuid4()), email=email, name=name, image=image, email_verified=False, created_at=now, updated_at=now
    )


def pending_user(row: TokenRow) -> User:
    """Return the user that a pending sign-up would become."""
    return replace(new_user(row.email, name=row.name, image=row.image), id=row.user_id, created_at=row.created_at)


def with_profile(session: Session, rows: list[Any]) -> AuthenticatedUser:
    """Return the user of a session and the profile that was read with it; raises InvalidToken when there is none."""
    (profile,) = rows
    if profile is None:
        raise InvalidToken
    return AuthenticatedUser(session=session, profile=profile)


def discard_sign_up(email: str) -> TransactItem:
    """Delete the pending sign-up of an address, if there is one."""
    return delete(TokenRow(email_subject(email), Purpose.VERIFY_EMAIL))
