"""Token rows for the mails about accounts; all are returned unsaved."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from gatehouse.accounts.model import User
from gatehouse.accounts.table import ProfileRow
from gatehouse.config import config
from gatehouse.sessions import ClientInfo
from gatehouse.site import resolve_target
from gatehouse.tokens import MailState, Purpose, TokenRow, email_subject, issue_token

_DELETION = timedelta(days=1)
_UNDO = timedelta(days=7)


def account_exists(user: User, client: ClientInfo) -> TokenRow:
    """The notice to the owner of an address that somebody tried to sign up with it."""
    return issue(
        Purpose.ACCOUNT_EXISTS,
        email_subject(user.email),
        user.email,
        client,
        lifetime=config().verification_lifetime,
    )


def password_reset(
    email: str,
    client: ClientInfo,
    *,
    redirect_to: str | None = None,
    owner: User | None,
    epoch: int | None,
    to_owner: bool | None,
) -> TokenRow:
    """The link that sets a new password; without an owner, for whoever proves to have the address."""
    return issue(
        Purpose.RESET_PASSWORD,
        email_subject(email),
        email,
        client,
        callback_url=redirect_to,
        lifetime=config().reset_lifetime,
        user_id=owner.id if owner else None,
        name=owner.name if owner else "",
        to_owner=to_owner,
        epoch=epoch,
    )


def password_changed(user_id: str, email: str, client: ClientInfo) -> TokenRow:
    """The notice to a user that their password was changed."""
    return issue(
        Purpose.PASSWORD_CHANGED,
        user_id,
        email,
        client,
        lifetime=config().reset_lifetime,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailChange:
    """A requested change of address."""

    profile: ProfileRow
    new_email: str
    callback_url: str | None


def confirm_email_change_mail(email_change: EmailChange, client: ClientInfo) -> TokenRow:
    """The link, sent to the old address, that confirms the change; then the new address gets a mail."""
    return _email_change_mail(
        Purpose.CONFIRM_EMAIL_CHANGE,
        email_change.profile.email,
        email_change,
        client,
        MailState.PENDING,
        to_owner=is_owner(email_change.profile),
    )


def change_email_mail(email_change: EmailChange, client: ClientInfo, *, taken: bool) -> TokenRow:
    """The link, sent to the new address, that makes the change; not mailed when the address is taken."""
    return _email_change_mail(
        Purpose.CHANGE_EMAIL, email_change.new_email, email_change, client, _mail_state(taken=taken)
    )


def confirmed_change_email_mail(confirmed: TokenRow, client: ClientInfo, *, taken: bool) -> TokenRow:
    """The same link, after the old address confirmed the change."""
    return issue(
        Purpose.CHANGE_EMAIL,
        confirmed.subject,
        confirmed.new_email,
        client,
        callback_url=confirmed.callback_url,
        lifetime=config().verification_lifetime,
        mail_state=_mail_state(taken=taken),
        **{name: getattr(confirmed, name) for name in ("user_id", "name", "epoch", "old_email", "new_email")},
    )


def email_changed(changed: TokenRow) -> TokenRow:
    """The notice to the old address that the address was changed, with the link that undoes it."""
    return issue(
        Purpose.EMAIL_CHANGED,
        email_subject(changed.old_email),  # one each, however often a user moves
        changed.old_email,
        client_of(changed),
        lifetime=_UNDO,
        user_id=changed.user_id,
        name=changed.name,
        old_email=changed.old_email,
        new_email=changed.new_email,
    )


def account_deletion(profile: ProfileRow, client: ClientInfo, callback_url: str | None) -> TokenRow:
    """The link that deletes an account."""
    return issue(
        Purpose.DELETE_ACCOUNT,
        profile.user_id,
        profile.email,
        client,
        callback_url=callback_url,
        lifetime=_DELETION,
        user_id=profile.user_id,
        name=profile.name,
        to_owner=is_owner(profile),
        epoch=profile.epoch,
    )


def client_of(row: TokenRow) -> ClientInfo:
    """The client that asked for a token: its language, and the service's URL that it used."""
    return ClientInfo(base_url=row.base_url, language=row.language)


def decoy(email: str, client: ClientInfo) -> TokenRow:
    """A row without a mail: an address without an account costs the same write."""
    return issue(
        Purpose.DECOY,
        email_subject(email),
        email,
        client,
        lifetime=config().verification_lifetime,
        mail_state=MailState.NONE,
    )


def _mail_state(*, taken: bool) -> MailState:
    return MailState.NONE if taken else MailState.PENDING


def is_owner(profile: ProfileRow | None) -> bool | None:
    """Whether nobody but the owner of the mailbox uses the account; None, which takes no column, when that is not
    proven.
    """
    return True if profile and profile.is_proven else None


def _email_change_mail(
    purpose: Purpose,
    to: str,
    email_change: EmailChange,
    client: ClientInfo,
    mail_state: MailState,
    *,
    to_owner: bool | None = None,
) -> TokenRow:
    profile = email_change.profile
    return issue(
        purpose,
        profile.user_id,
        to,
        client,
        callback_url=email_change.callback_url,
        lifetime=config().verification_lifetime,
        mail_state=mail_state,
        user_id=profile.user_id,
        name=profile.name,
        to_owner=to_owner,
        epoch=profile.epoch,
        old_email=profile.email,
        new_email=email_change.new_email,
    )


def issue(
    purpose: Purpose,
    subject: str,
    email: str,
    client: ClientInfo,
    *,
    lifetime: timedelta,
    callback_url: str | None = None,
    **columns: Any,
) -> TokenRow:
    """Return a row for a mail to `email`, with the client's language and URL, and a path as `callback_url` resolved."""
    return issue_token(
        purpose,
        subject,
        email=email,
        base_url=client.base_url,
        language=client.language,
        lifetime=lifetime,
        callback_url=resolve_target(callback_url, client.site),
        **columns,
    )
