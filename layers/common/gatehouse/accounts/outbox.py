"""The mails about accounts: each a token row, unsaved."""

from datetime import timedelta

from gatehouse.accounts.model import User
from gatehouse.config import config
from gatehouse.sessions import Client
from gatehouse.tokens import MailState, Purpose, TokenRow, issue

_PENDING_KEPT = timedelta(days=7)


def subject_of(email: str) -> str:
    """The key of token rows that belong to an address rather than to a user."""
    return f"EMAIL#{email}"


def verification(
    user: User, client: Client, *, callback_url: str | None = None, password_hash: str | None = None
) -> TokenRow:
    """The link that verifies an address. With a password hash it is a whole sign-up, waiting to become a user."""
    return issue(
        Purpose.VERIFY_EMAIL,
        subject_of(user.email),
        email=user.email,
        base_url=client.base_url,
        callback_url=callback_url,
        lifetime=config().verification_lifetime,
        kept=_PENDING_KEPT,
        user_id=user.id,
        name=user.name,
        image=user.image,
        password_hash=password_hash,
    )


def account_exists(user: User, client: Client) -> TokenRow:
    """Word to the owner of an address that somebody tried to sign up with it."""
    return issue(
        Purpose.ACCOUNT_EXISTS,
        subject_of(user.email),
        email=user.email,
        base_url=client.base_url,
        lifetime=config().verification_lifetime,
    )


def reset(email: str, client: Client, *, redirect_to: str | None, owner: User | None, epoch: int | None) -> TokenRow:
    """The link that sets a new password; without an owner, for the one who proves to have the address."""
    return issue(
        Purpose.RESET_PASSWORD,
        subject_of(email),
        email=email,
        base_url=client.base_url,
        callback_url=redirect_to,
        lifetime=config().reset_lifetime,
        user_id=owner.id if owner else None,
        name=owner.name if owner else "",
        epoch=epoch,
    )


def password_changed(user_id: str, email: str, base_url: str) -> TokenRow:
    """Word to a user that their password is a new one."""
    return issue(Purpose.PASSWORD_CHANGED, user_id, email=email, base_url=base_url, lifetime=config().reset_lifetime)


def nothing(email: str, client: Client) -> TokenRow:
    """No mail: the same write, for an address that nobody has."""
    return issue(
        Purpose.NOTHING,
        subject_of(email),
        email=email,
        base_url=client.base_url,
        lifetime=config().verification_lifetime,
        mail_state=MailState.NONE,
    )
