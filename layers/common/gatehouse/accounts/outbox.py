"""The mails about accounts: each a token row, unsaved."""

from dataclasses import dataclass
from datetime import timedelta

from gatehouse import throttle
from gatehouse.accounts.model import User
from gatehouse.accounts.table import ProfileRow
from gatehouse.config import config
from gatehouse.sessions import Client
from gatehouse.tokens import MailState, Purpose, TokenRow, issue, subject_of

_PENDING_KEPT = timedelta(days=7)
_DELETION = timedelta(days=1)


def verification(
    user: User, client: Client, *, callback_url: str | None = None, password_hash: str | None = None
) -> TokenRow:
    """The link that verifies an address. With a password hash it is a whole sign-up, waiting to become a user.

    A sign-up waits a week from when it began: asking for the mail again does not prolong that.
    """
    return issue(
        Purpose.VERIFY_EMAIL,
        subject_of(user.email),
        email=user.email,
        base_url=client.base_url,
        language=client.language,
        callback_url=callback_url,
        lifetime=config().verification_lifetime,
        kept=_PENDING_KEPT,
        begun_at=user.created_at if password_hash else None,
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
        language=client.language,
        lifetime=config().verification_lifetime,
    )


def reset(email: str, client: Client, *, redirect_to: str | None, owner: User | None, epoch: int | None) -> TokenRow:
    """The link that sets a new password; without an owner, for the one who proves to have the address."""
    return issue(
        Purpose.RESET_PASSWORD,
        subject_of(email),
        email=email,
        base_url=client.base_url,
        language=client.language,
        callback_url=redirect_to,
        lifetime=config().reset_lifetime,
        user_id=owner.id if owner else None,
        name=owner.name if owner else "",
        epoch=epoch,
    )


def password_changed(user_id: str, email: str, client: Client) -> TokenRow:
    """Word to a user that their password is a new one."""
    return issue(
        Purpose.PASSWORD_CHANGED,
        user_id,
        email=email,
        base_url=client.base_url,
        language=client.language,
        lifetime=config().reset_lifetime,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Somebody who wants to go by another address."""

    profile: ProfileRow
    new_email: str
    callback_url: str | None


def confirm_email_change(move: Move, client: Client) -> TokenRow:
    """The link, to the old address, that allows the move; what it leads to is mailed to the new one."""
    return _move_mail(Purpose.CONFIRM_EMAIL_CHANGE, move.profile.email, move, client, MailState.PENDING)


def change_email_of(move: Move, client: Client, *, taken: bool) -> TokenRow:
    """The link, to the new address, that makes the move; not mailed to an address that is somebody's."""
    return _move_mail(Purpose.CHANGE_EMAIL, move.new_email, move, client, _unless(taken=taken))


def change_email(confirmed: TokenRow, client: Client, *, taken: bool) -> TokenRow:
    """The same, after the old address allowed it."""
    return issue(
        Purpose.CHANGE_EMAIL,
        confirmed.subject,
        email=confirmed.new_email,
        base_url=client.base_url,
        language=client.language,
        callback_url=confirmed.callback_url,
        lifetime=config().verification_lifetime,
        mail_state=_unless(taken=taken),
        **{name: getattr(confirmed, name) for name in ("user_id", "name", "epoch", "old_email", "new_email")},
    )


def email_changed(moved: TokenRow) -> TokenRow:
    """Word to the old address that its user has another one now."""
    return issue(
        Purpose.EMAIL_CHANGED,
        moved.subject,
        email=moved.old_email,
        base_url=moved.base_url,
        language=moved.language,
        lifetime=config().verification_lifetime,
        name=moved.name,
    )


def delete_account(profile: ProfileRow, client: Client, callback_url: str | None) -> TokenRow:
    """The link that deletes an account."""
    return issue(
        Purpose.DELETE_ACCOUNT,
        profile.user_id,
        email=profile.email,
        base_url=client.base_url,
        language=client.language,
        callback_url=callback_url,
        lifetime=_DELETION,
        user_id=profile.user_id,
        name=profile.name,
        epoch=profile.epoch,
    )


def check_rate(email: str) -> None:
    """One more mail that an address is asked to be sent; raises TooManyRequests, whether anybody has it or not."""
    key, daily = mail_counters(email)
    throttle.count_against(config().rate_limit_mail_address, *key)
    throttle.count_against(config().rate_limit_mail_address_daily, *daily)


def mail_counters(email: str) -> list[tuple[str, ...]]:
    """What counts the mails for an address: lately, and today."""
    key = ("mail", throttle.hidden(email))
    return [key, (*key, "daily")]


def nothing(email: str, client: Client) -> TokenRow:
    """No mail: the same write, for an address that nobody has."""
    return issue(
        Purpose.NOTHING,
        subject_of(email),
        email=email,
        base_url=client.base_url,
        language=client.language,
        lifetime=config().verification_lifetime,
        mail_state=MailState.NONE,
    )


def _unless(*, taken: bool) -> MailState:
    return MailState.NONE if taken else MailState.PENDING


def _move_mail(purpose: Purpose, to: str, move: Move, client: Client, mail_state: MailState) -> TokenRow:
    profile = move.profile
    return issue(
        purpose,
        profile.user_id,
        email=to,
        base_url=client.base_url,
        language=client.language,
        callback_url=move.callback_url,
        lifetime=config().verification_lifetime,
        mail_state=mail_state,
        user_id=profile.user_id,
        name=profile.name,
        epoch=profile.epoch,
        old_email=profile.email,
        new_email=move.new_email,
    )
