"""Who is behind an address, and how a person begins."""

from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from gatehouse import clock
from gatehouse.accounts.model import User
from gatehouse.accounts.table import ProfileRow, email_key, profile_key
from gatehouse.dynamodb import Change, Key, delete, get_together
from gatehouse.sessions import Session
from gatehouse.tokens import Purpose, TokenRow, subject_of

_NOBODY = "nobody"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A person, or the sign-up that waits for their address to be verified, or neither."""

    profile: ProfileRow | None
    waiting: TokenRow | None

    @property
    def password_hash(self) -> str | None:
        """What a password is to be checked against; nothing fits somebody disabled."""
        account = self.profile or self.waiting
        return account.password_hash if account and not self.is_disabled else None

    @property
    def is_disabled(self) -> bool:
        """Whether this is a person who may not come in."""
        return bool(self.profile and self.profile.disabled)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody signed in, with their profile as it was just read."""

    session: Session
    profile: ProfileRow

    @property
    def user(self) -> User:
        """The person."""
        return self.profile.to_user()


def known(email: str, *together: Key) -> tuple[Known, list[Any]]:
    """Who is behind an address, and the rows of `together`: two calls whether there is anybody or not."""
    waiting_key = (TokenRow, subject_of(email), Purpose.VERIFY_EMAIL)
    pointer, row, *others = get_together(email_key(email), waiting_key, *together)
    (profile,) = get_together(profile_key(pointer.user_id if pointer else _NOBODY))
    waits = not profile and row and row.password_hash and row.delete_at > clock.now()
    return Known(profile=profile, waiting=row if waits else None), others


def newcomer(email: str, *, name: str = "", image: str | None = None) -> User:
    """A person who is not there yet."""
    now = clock.now()
    return User(
        id=str(uuid4()), email=email, name=name, image=image, email_verified=False, created_at=now, updated_at=now
    )


def signed_up(row: TokenRow) -> User:
    """The person that a waiting sign-up would become."""
    return replace(newcomer(row.email, name=row.name, image=row.image), id=row.user_id, created_at=row.created_at)


def forget_sign_up(email: str) -> Change:
    """Drop whatever sign-up waits for an address."""
    return delete(TokenRow(subject_of(email), Purpose.VERIFY_EMAIL))
