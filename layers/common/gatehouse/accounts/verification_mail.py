"""The mail that verifies an address; a sign-up waits in its row."""

from dataclasses import dataclass
from datetime import timedelta

from gatehouse.accounts.model import User
from gatehouse.accounts.origin import rough_origin
from gatehouse.accounts.outbox import issue
from gatehouse.config import config
from gatehouse.sessions import ClientInfo
from gatehouse.tokens import Purpose, TokenRow, email_subject

PENDING_KEPT = timedelta(days=7)
_OF_SIGN_UP = ("password_hash", "sign_up_id", "sign_ups", "origin")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUp:
    """A sign-up that is to wait for its address to be verified; see `TokenRow`."""

    password_hash: str
    sign_up_id: str | None
    sign_ups: int | None
    origin: str | None

    @classmethod
    def of(cls, row: TokenRow) -> "SignUp":
        """Return the sign-up that waits in a row."""
        return cls(**{name: getattr(row, name) for name in _OF_SIGN_UP})


def verification(
    user: User,
    client: ClientInfo,
    *,
    earlier: TokenRow | None,
    callback_url: str | None = None,
    sign_up: SignUp | None = None,
) -> TokenRow:
    """The mail that verifies an address: of a pending `sign_up`, or of an existing user.

    While the link of the `earlier` row works, it is mailed again. A sign-up is kept for a week from its beginning:
    sending the mail again does not prolong that.
    """
    waiting = {name: getattr(sign_up, name) for name in _OF_SIGN_UP} if sign_up else {"origin": rough_origin(client)}
    return issue(
        Purpose.VERIFY_EMAIL,
        email_subject(user.email),
        user.email,
        client,
        callback_url=callback_url,
        lifetime=config().verification_lifetime,
        retention=PENDING_KEPT,
        begun_at=user.created_at if sign_up else None,
        earlier=earlier,
        user_id=user.id,
        name=user.name,
        image=user.image,
        **waiting,
    )
