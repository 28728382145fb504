"""Operator actions on users. Import it only with the environment of the functions set."""

from collections.abc import Iterator
from typing import Any

from gatehouse import sessions
from gatehouse.accounts import changes, notices
from gatehouse.accounts.lookup import AccountLookup, look_up_account
from gatehouse.accounts.model import normalize_email
from gatehouse.accounts.second_factors import remove_second_factor
from gatehouse.accounts.table import ProfileRow, advance_profile_epoch, profile_key
from gatehouse.accounts.verification import resend_verification
from gatehouse.dynamodb import batch_get, put, transact
from gatehouse.sessions import ClientInfo
from gatehouse.tokens import Purpose, email_subject
from gatehouse.tokens.undeliverable import PURPOSE as UNDELIVERABLE
from gatehouse.tokens.undeliverable import UndeliverableRow, undeliverable_key
from gatehouse_dev.admin.recording import Change, record
from gatehouse_dev.admin.targets import OperatorError


def find_account(name: str) -> AccountLookup:
    """Return the account with an address or an id; raises OperatorError when there is none, not
    even a pending sign-up.
    """
    behind, _ = look_up_account(_address(name if "@" in name else _email_of(name)))
    if not (behind.profile or behind.pending_sign_up):
        raise OperatorError(f"There is no user {name}.")
    return behind


def _email_of(user_id: str) -> str:
    (profile,) = batch_get(profile_key(user_id))
    if not profile:
        raise OperatorError(f"There is no user {user_id}.")
    return str(profile.email)


def find_profile(name: str) -> ProfileRow:
    """Return the profile with an address or an id; raises OperatorError when there is none."""
    profile = find_account(name).profile
    if not profile:
        raise OperatorError(f"{name} is not a user yet: the sign-up is not verified.")
    return profile


def disable(profile: ProfileRow, actor: str) -> Change:
    """Disable a user."""
    changes.set_disabled(profile.user_id, disabled=True)
    return record("user disabled", f"{profile.email} is disabled and signed out everywhere.", actor, profile.user_id)


def enable(profile: ProfileRow, actor: str) -> Change:
    """Enable a user."""
    changes.set_disabled(profile.user_id, disabled=False)
    return record("user enabled", f"{profile.email} can sign in again.", actor, profile.user_id)


def sign_out(profile: ProfileRow, actor: str) -> Change:
    """End every session of a user."""
    transact(
        advance_profile_epoch(profile.user_id, profile.epoch), sessions.advance_epoch(profile.user_id, profile.epoch)
    )
    return record("user signed out", f"{profile.email} is signed out everywhere.", actor, profile.user_id)


def reset_two_factor(profile: ProfileRow, actor: str, base_url: str) -> Change:
    """Turn the second factor of a user off, end all sessions, and tell the user by mail; raises OperatorError when
    there is none.
    """
    if not profile.two_factor:
        raise OperatorError(f"{profile.email} has no second factor.")
    notice = notices.security_changed(profile, ClientInfo(base_url=base_url), Purpose.TWO_FACTOR_RESET)
    transact(*remove_second_factor(profile), put(notice))
    done = f"The second factor of {profile.email} is off; all sessions ended, and the user is told by mail."
    return record("two-factor reset", done, actor, profile.user_id)


def delete(profile: ProfileRow, actor: str) -> Change:
    """Delete a user."""
    changes.delete_as_operator(profile.user_id)
    done = f"{profile.email} is deleted; all other data is being erased."
    return record("user deleted", done, actor, profile.user_id)


def resend(name: str, actor: str, base_url: str) -> Change:
    """Send the verification mail again; raises OperatorError when there is nothing to verify."""
    behind = find_account(name)
    waiting = behind.pending_sign_up
    url, callback_url = (waiting.base_url, waiting.callback_url) if waiting else (base_url, None)
    if not resend_verification(behind, ClientInfo(base_url=url), callback_url):
        raise OperatorError(
            f"{name} has nothing to verify: the user is {'disabled' if behind.is_disabled else 'verified'}."
        )
    account: Any = waiting or behind.profile
    done = f"The verification mail to {account.email} will be sent."
    return record("verification mail resent", done, actor, account.user_id)


def allow_mail(name: str, actor: str) -> Iterator[Change]:
    """Allow mail to an address that bounced, or to all of a domain, `@example.com`; raises OperatorError when it is
    allowed already.
    """
    if name.startswith("@"):
        yield from _allow_mail_to_domain(_address(f"any{name}").removeprefix("any"), actor)
        return
    email = _address(name) if "@" in name else find_profile(name).email
    (mark,) = batch_get(undeliverable_key(email))
    if not (mark and mark.stops_mail):
        raise OperatorError(f"Mail to {email} is allowed already.")
    yield _allow_mail(mark, email, actor)


def _allow_mail_to_domain(domain: str, actor: str) -> Iterator[Change]:
    bounced = (UndeliverableRow.purpose == UNDELIVERABLE) & UndeliverableRow.subject.contains(domain)
    marks = [mark for mark in UndeliverableRow.scan(bounced, consistent_read=True) if mark.subject.endswith(domain)]
    if not marks:
        raise OperatorError(f"Mail to all addresses of {domain} is allowed already.")
    for mark in marks:
        yield _allow_mail(mark, mark.subject.removeprefix(email_subject("")), actor)


def _allow_mail(mark: UndeliverableRow, email: str, actor: str) -> Change:
    mark.delete()
    done = f"Mail to {email} is allowed again after a {mark.reason}. SES has a suppression list of its own."
    return record("mail allowed again", done, actor, mark.subject, reason=mark.reason)


def _address(text: str) -> str:
    try:
        return normalize_email(text)
    except ValueError:
        raise OperatorError(f"{text} is neither an email address nor a user id.") from None
