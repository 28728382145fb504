"""Sign-up and sign-in.

A sign-up that must be verified first is no user yet: it is stored in its token row, where a later sign-up for the same
address replaces it. Known and unknown addresses get the same response, after the same reads and writes.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from gatehouse import keys, throttle
from gatehouse.accounts import imported_hashes, outbox, passwords
from gatehouse.accounts.counters import spend_mail
from gatehouse.accounts.failures import count_failure
from gatehouse.accounts.gate import open_session
from gatehouse.accounts.known_devices import is_known_device
from gatehouse.accounts.lookup import AccountLookup, discard_sign_up, look_up_account, new_user, sign_up_key
from gatehouse.accounts.model import NewAccount, PasswordCredentials, User, normalize_email
from gatehouse.accounts.pointers import email_key, taken_by
from gatehouse.accounts.table import ProfileRow, create_profile, new_profile
from gatehouse.accounts.verification import resend_verification
from gatehouse.config import config
from gatehouse.dynamodb import ConditionFailed, batch_get, conditional_write
from gatehouse.errors import (
    EmailNotVerified,
    InvalidEmail,
    InvalidEmailOrPassword,
    SignUpDisabled,
    UserAlreadyExists,
)
from gatehouse.sessions import ClientInfo, IssuedSession, create_epoch
from gatehouse.telemetry import add_log_context
from gatehouse.tokens import Purpose, TokenRow, keep_link, still_works
from gatehouse.tokens.undeliverable import is_undeliverable


def sign_up(new: NewAccount, client: ClientInfo) -> tuple[User, IssuedSession | None]:
    """Create an account: with a session when addresses need no verification, else with a mail alone.

    Raises SignUpDisabled, PasswordTooShort, PasswordTooLong, WeakPassword, PasswordCompromised, TooManyRequests and,
    where existing users may be revealed, UserAlreadyExists.
    """
    settings = config()
    if not settings.sign_up_enabled:
        raise SignUpDisabled
    passwords.check_new_password(new.password, new.email, new.name)
    within_budget = not settings.require_email_verification or spend_mail(Purpose.VERIFY_EMAIL, new.email)
    add_log_context(sign_up="password")
    password_hash = passwords.hash_new_password(new.password)
    user = new_user(new.email, name=new.name, image=new.image)
    pointer, waiting, keyring = batch_get(email_key(user.email), sign_up_key(user.email), keys.keyring_key())
    keys.update_cache(keyring)
    taken = taken_by(pointer) is not None
    if taken and (settings.reveal_existing_users or not settings.require_email_verification):
        raise UserAlreadyExists
    if settings.require_email_verification:
        row = _sign_up_mail(user, client, new.callback_url, password_hash, taken=taken)
        (row if within_budget else _without_mail(row, waiting, client)).save()
        return user, None
    profile = new_profile(user, password_hash)
    changes = [*create_profile(profile), create_epoch(user.id), discard_sign_up(user.email)]
    try:
        return user, open_session(profile, client, *changes, remember=new.remember_me, notify=False)
    except ConditionFailed:
        raise UserAlreadyExists from None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInAttempt:
    """A sign-in attempt: the credentials and the client."""

    credentials: PasswordCredentials
    client: ClientInfo


def sign_in(attempt: SignInAttempt) -> tuple[User, IssuedSession]:
    """Open a session for an address and a password.

    Raises InvalidEmail, PasswordTooLong, TooManyRequests after too many failures, InvalidEmailOrPassword, and
    EmailNotVerified once the password was correct.
    """
    credentials, email = attempt.credentials, _parse_address(attempt.credentials.email)
    passwords.check_length(credentials.password)
    lookup, (keyring, imported) = look_up_account(email, keys.keyring_key(), imported_hashes.costs_key())
    keys.update_cache(keyring)
    failure = count_failure(email, known_device=is_known_device(attempt.client.device_proofs, email))
    if not passwords.is_correct(credentials.password, lookup.password_hash):
        imported_hashes.spend_equal_work(credentials.password, lookup.password_hash, imported)
        raise InvalidEmailOrPassword
    throttle.refund(failure)
    profile = lookup.profile
    with _resending_verification(lookup, email, attempt):
        if not profile:
            raise EmailNotVerified
        issued = open_session(profile, attempt.client, remember=credentials.remember_me)
    _rehash(profile, credentials.password)
    return profile.to_user(), issued


def _parse_address(text: str) -> str:
    """Return the normal form of an address; raises InvalidEmail."""
    try:
        return normalize_email(text)
    except ValueError:
        raise InvalidEmail from None


def _sign_up_mail(
    user: User, client: ClientInfo, callback_url: str | None, password_hash: str, *, taken: bool
) -> TokenRow:
    if taken:
        return outbox.account_exists(user, client)
    return outbox.verification(user, client, callback_url=callback_url, password_hash=password_hash)


def _without_mail(row: TokenRow, waiting: TokenRow | None, client: ClientInfo) -> TokenRow:
    """Return the row of a sign-up beyond the budget of its address: under the link that was mailed before, as long as
    that works.
    """
    if row.purpose == Purpose.ACCOUNT_EXISTS:
        return outbox.decoy(row.email, client)
    if waiting and still_works(waiting):
        keep_link(row, waiting)
    return row


@contextmanager
def _resending_verification(lookup: AccountLookup, email: str, attempt: SignInAttempt) -> Iterator[None]:
    """Mail the verification link again on EmailNotVerified, where that is set. Where mail to the address comes back,
    say so: the password was correct.
    """
    try:
        yield
    except EmailNotVerified:
        if is_undeliverable(email):
            raise EmailNotVerified(details={"mail": "undeliverable"}) from None
        if config().send_verification_on_sign_in:
            within_budget = spend_mail(Purpose.VERIFY_EMAIL, email)
            if within_budget or not still_works(lookup.verification):
                resend_verification(lookup, attempt.client, attempt.credentials.callback_url)
        raise


def _rehash(profile: ProfileRow, password: str) -> None:
    """Replace an imported hash with a current one, unless the password was changed meanwhile."""
    if passwords.is_current(profile.password_hash):
        return
    with suppress(ConditionFailed), conditional_write():
        ProfileRow(profile.pk, profile.sk).update(
            [ProfileRow.password_hash.set(passwords.hash_password(password))],
            condition=ProfileRow.password_hash == profile.password_hash,
        )
