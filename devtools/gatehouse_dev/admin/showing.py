"""What an operator may see of a person: no hash, no token. Imported once the environment is that of the functions."""

from collections.abc import Iterator

from gatehouse import sessions
from gatehouse.accounts.people import Known
from gatehouse.accounts.table import ProfileRow
from gatehouse.dynamodb import get_together
from gatehouse.mail.feedback import undeliverable_key
from gatehouse.oauth.unlinking import accounts_of
from gatehouse.tokens import MailState, TokenRow, subject_of
from gatehouse.wire import timestamp
from gatehouse_dev import console

UNSENT = (MailState.PENDING, MailState.SENDING, MailState.FAILED)
INDENT = 12


def show(behind: Known) -> None:
    """Everything, a fact a line."""
    for line in (*_person(behind.profile), *_waiting(behind.waiting), *_mails(behind)):
        console.say("".join(character if character.isprintable() else "�" for character in line))


def _person(profile: ProfileRow | None) -> Iterator[str]:
    if not profile:
        return
    yield from (
        _fact("user", profile.user_id),
        _fact("address", f"{profile.email}, {'verified' if profile.email_verified else 'not verified'}"),
        _fact("name", profile.name or "none"),
        _fact("image", (profile.image or "none").partition(";base64,")[0]),
        _fact("disabled", "yes" if profile.disabled else "no"),
        _fact("reminders", f"{'on' if profile.task_reminders else 'off'}, {profile.time_zone}"),
        _fact("created", timestamp(profile.created_at)),
        _fact("changed", timestamp(profile.updated_at)),
    )
    if profile.password_hash:
        yield _fact("way in", "password")
    for account in accounts_of(profile):
        yield _fact("way in", f"{account.provider_id} {account.subject}, since {timestamp(account.created_at)}")
    for session in sessions.all_of(profile.user_id, profile.epoch):
        times = f"since {timestamp(session.created_at)}, until {timestamp(session.expires_at)}"
        yield _fact("session", f"{session.id} {times}, {session.ip_address} {session.user_agent}".rstrip(" ,"))


def _waiting(row: TokenRow | None) -> Iterator[str]:
    if row:
        until = f"since {timestamp(row.created_at)}, until {timestamp(row.delete_at)}"
        yield _fact("sign-up", f"{row.email} waits to be verified, {until}")


def _mails(behind: Known) -> Iterator[str]:
    account = behind.profile or behind.waiting
    subjects = [subject_of(account.email), account.user_id] if account else []
    (mark,) = get_together(undeliverable_key(account.email)) if account else (None,)
    if mark:
        yield _fact("mail", f"none is sent since {timestamp(mark.created_at)}, because of a {mark.reason}")
    for subject in subjects:
        for row in TokenRow.query(subject, filter_condition=TokenRow.mail_state.is_in(*UNSENT), consistent_read=True):
            tries = f"{row.attempts} attempts, since {timestamp(row.created_at)}"
            yield _fact("mail", f"{row.purpose} to {row.email} {row.mail_state}, {tries}")


def _fact(name: str, value: str) -> str:
    return f"{name:{INDENT}}{value}"
