"""What an operator does to a person. Imported once the environment is that of the functions."""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from gatehouse import accounts, audit, sessions
from gatehouse.accounts.model import normal_email
from gatehouse.accounts.people import Known, known
from gatehouse.accounts.table import ProfileRow, new_epoch, profile_key
from gatehouse.accounts.verification import mail_again
from gatehouse.dynamodb import get_together, transact
from gatehouse.mail.feedback import undeliverable_key
from gatehouse.sessions import Client
from gatehouse_dev import console
from gatehouse_dev.admin.places import Stopped


def find(name: str) -> Known:
    """Whoever has an address or an id; Stopped when nobody has, not even a sign-up that waits."""
    if "@" not in name:
        (profile,) = get_together(profile_key(name))
        behind = Known(profile=profile, waiting=None)
    else:
        behind, _ = known(_address(name))
    if not (behind.profile or behind.waiting):
        raise Stopped(f"There is no user {name}.")
    return behind


def user(name: str) -> ProfileRow:
    """The person who has an address or an id; Stopped when there is none."""
    profile = find(name).profile
    if not profile:
        raise Stopped(f"{name} is no user yet: a sign-up waits there to be verified.")
    return profile


def disable(profile: ProfileRow, actor: str) -> None:
    """Shut somebody out."""
    accounts.set_disabled(profile.user_id, disabled=True)
    told("user disabled", f"{profile.email} is disabled and signed out everywhere.", actor, profile.user_id)


def enable(profile: ProfileRow, actor: str) -> None:
    """Let somebody in again."""
    accounts.set_disabled(profile.user_id, disabled=False)
    told("user enabled", f"{profile.email} may come in again.", actor, profile.user_id)


def sign_out(profile: ProfileRow, actor: str) -> None:
    """End every session of somebody."""
    transact(new_epoch(profile.user_id, profile.epoch), sessions.next_epoch(profile.user_id, profile.epoch))
    told("user signed out", f"{profile.email} is signed out everywhere.", actor, profile.user_id)


def delete(profile: ProfileRow, actor: str) -> None:
    """Delete somebody."""
    accounts.delete_by_operator(profile.user_id)
    done = f"{profile.email} is deleted; what else was theirs is being erased."
    told("user deleted", done, actor, profile.user_id)


def resend(name: str, actor: str, base_url: str) -> None:
    """Order the verification mail once more; Stopped when there is nothing to verify."""
    behind = find(name)
    waiting = behind.waiting
    url, callback_url = (waiting.base_url, waiting.callback_url) if waiting else (base_url, None)
    if not mail_again(behind, Client(base_url=url), callback_url):
        raise Stopped(f"{name} has nothing to verify: {'they are disabled' if behind.is_disabled else 'it is done'}.")
    account: Any = waiting or behind.profile
    done = f"The verification mail to {account.email} is ordered."
    told("verification mailed again", done, actor, account.user_id)


def write_to(name: str, actor: str) -> None:
    """Let mail go to an address again to which one came back; Stopped when it does already."""
    email = _address(name) if "@" in name else user(name).email
    (mark,) = get_together(undeliverable_key(email))
    if not mark:
        raise Stopped(f"Nothing keeps mail from {email}.")
    mark.delete()
    done = f"{email} is written to again. It was not, because of a {mark.reason}; SES has a list of its own."
    told("address written to again", done, actor, mark.subject, reason=mark.reason)


def told(event: str, done: str, actor: str, user_id: str, **facts: str) -> None:
    """Write into the audit trail what was done, then say so; Stopped when the trail does not take it."""
    try:
        audit.record(event, actor=actor, user_id=user_id, **facts)
    except (BotoCoreError, ClientError) as error:
        raise Stopped(f"{done} But the audit trail did not take it, so note it elsewhere: {error}") from error
    console.say(done)


def _address(text: str) -> str:
    try:
        return normal_email(text)
    except ValueError:
        raise Stopped(f"{text} is neither an address nor a user's id.") from None
