"""Print a user's account, without hashes and tokens. Import it only with the environment of the functions set."""

from collections.abc import Iterator

from gatehouse import sessions
from gatehouse.accounts.lookup import AccountLookup
from gatehouse.accounts.table import ProfileRow
from gatehouse.api_model import format_timestamp
from gatehouse.dynamodb import batch_get
from gatehouse.oauth.unlinking import linked_accounts
from gatehouse.tokens import MailState, TokenRow, email_subject
from gatehouse.tokens.undeliverable import undeliverable_key
from gatehouse_dev import console

UNSENT = (MailState.PENDING, MailState.SENDING, MailState.FAILED)
INDENT = 12


def print_account(lookup: AccountLookup) -> None:
    """Print all facts, one on each line."""
    for line in (*_profile_lines(lookup.profile), *_sign_up_lines(lookup.pending_sign_up), *_mail_lines(lookup)):
        console.say("".join(character if character.isprintable() else "�" for character in line))


def _profile_lines(profile: ProfileRow | None) -> Iterator[str]:
    if not profile:
        return
    yield from (
        _fact("user", profile.user_id),
        _fact("address", f"{profile.email}, {'verified' if profile.email_verified else 'not verified'}"),
        _fact("name", profile.name or "none"),
        _fact("image", (profile.image or "none").partition(";base64,")[0]),
        _fact("disabled", "yes" if profile.disabled else "no"),
        _fact("reminders", f"{'on' if profile.task_reminders else 'off'}, {profile.time_zone}"),
        _fact("created", format_timestamp(profile.created_at)),
        _fact("changed", format_timestamp(profile.updated_at)),
    )
    if profile.password_hash:
        yield _fact("sign-in", "password")
    for account in linked_accounts(profile):
        yield _fact("sign-in", f"{account.provider_id} {account.subject}, since {format_timestamp(account.created_at)}")
    for session in sessions.active_sessions(profile.user_id, profile.epoch):
        times = f"since {format_timestamp(session.created_at)}, until {format_timestamp(session.expires_at)}"
        yield _fact("session", f"{session.id} {times}, {session.ip_address} {session.user_agent}".rstrip(" ,"))


def _sign_up_lines(row: TokenRow | None) -> Iterator[str]:
    if row:
        until = f"since {format_timestamp(row.created_at)}, until {format_timestamp(row.delete_at)}"
        yield _fact("sign-up", f"{row.email} is not verified yet, {until}")


def _mail_lines(lookup: AccountLookup) -> Iterator[str]:
    account = lookup.profile or lookup.pending_sign_up
    subjects = [email_subject(account.email), account.user_id] if account else []
    (mark,) = batch_get(undeliverable_key(account.email)) if account else (None,)
    if mark and mark.stops_mail:
        yield _fact("mail", f"not sent since {format_timestamp(mark.created_at)}, because of a {mark.reason}")
    for subject in subjects:
        for row in TokenRow.query(subject, filter_condition=TokenRow.mail_state.is_in(*UNSENT), consistent_read=True):
            tries = f"{row.attempts} attempts, since {format_timestamp(row.created_at)}"
            yield _fact("mail", f"{row.purpose} to {row.email} {row.mail_state}, {tries}")


def _fact(name: str, value: str) -> str:
    return f"{name:{INDENT}}{value}"
