"""Signing up and signing in.

A sign-up that must be verified first is no user yet: it waits on its own token row, where a later sign-up for the same
address replaces it. Strangers are answered like owners, after the same reads and writes.
"""

from contextlib import suppress
from dataclasses import dataclass

from gatehouse import keys, throttle
from gatehouse.accounts import outbox, passwords
from gatehouse.accounts.model import Credentials, NewAccount, User, normal_email
from gatehouse.accounts.people import Known, forget_sign_up, known, newcomer
from gatehouse.accounts.table import ProfileRow, creation, email_key
from gatehouse.accounts.verification import mail_again
from gatehouse.config import config
from gatehouse.dynamodb import ConditionFailed, conditionally, get_together, put, transact
from gatehouse.errors import (
    EmailNotVerified,
    InvalidEmail,
    InvalidEmailOrPassword,
    SignUpDisabled,
    TooManyRequests,
    UserAlreadyExists,
)
from gatehouse.sessions import Client, Opened, first_epoch, open_session
from gatehouse.tokens import TokenRow

_FAILURES = "failed-sign-ins"


def sign_up(new: NewAccount, client: Client) -> tuple[User, Opened | None]:
    """Begin an account: with a session when addresses need no verification, else with a mail alone.

    Raises SignUpDisabled, PasswordTooShort, PasswordTooLong, WeakPassword, TooManyRequests and, where people may know,
    UserAlreadyExists.
    """
    settings = config()
    if not settings.sign_up_enabled:
        raise SignUpDisabled
    passwords.check_choice(new.password, new.email, new.name)
    if settings.require_email_verification:
        outbox.check_rate(new.email)
    password_hash = passwords.hash_password(new.password)
    user = newcomer(new.email, name=new.name, image=new.image)
    taken, keyring = get_together(email_key(user.email), keys.keyring_key())
    keys.observe(keyring)
    if taken and (settings.reveal_existing_users or not settings.require_email_verification):
        raise UserAlreadyExists
    if settings.require_email_verification:
        _mail(user, client, new.callback_url, password_hash, taken=bool(taken)).save()
        return user, None
    opened, session = open_session(user.id, 1, client, remember=new.remember_me)
    try:
        transact(*creation(user, password_hash), first_epoch(user.id), put(session), forget_sign_up(user.email))
    except ConditionFailed:
        raise UserAlreadyExists from None
    return user, opened


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """Somebody at the door: what they show, from where, and whether they signed in from that device before."""

    given: Credentials
    client: Client
    known_device: bool = False


def sign_in(attempt: Attempt) -> tuple[User, Opened]:
    """Open one more session.

    Raises InvalidEmail, PasswordTooLong, TooManyRequests after too many failures, InvalidEmailOrPassword, and
    EmailNotVerified once the password was right.
    """
    given, email = attempt.given, address(attempt.given.email)
    passwords.check_not_too_long(given.password)
    behind, (keyring,) = known(email, keys.keyring_key())
    keys.observe(keyring)
    guess = _count_guess(attempt, email)
    if not passwords.is_correct(given.password, behind.password_hash):
        raise InvalidEmailOrPassword
    throttle.take_back(guess)
    profile = behind.profile
    if not profile or (config().require_email_verification and not profile.email_verified):
        _remind(behind, email, attempt)
        raise EmailNotVerified
    _rehash(profile, given.password)
    opened, session = open_session(profile.user_id, profile.epoch, attempt.client, remember=given.remember_me)
    session.save()
    return profile.to_user(), opened


def address(text: str) -> str:
    """The normal spelling of an address; raises InvalidEmail."""
    try:
        return normal_email(text)
    except ValueError:
        raise InvalidEmail from None


def _mail(user: User, client: Client, callback_url: str | None, password_hash: str, *, taken: bool) -> TokenRow:
    if taken:
        return outbox.account_exists(user, client)
    return outbox.verification(user, client, callback_url=callback_url, password_hash=password_hash)


def _count_guess(attempt: Attempt, email: str) -> throttle.LimitRow | None:
    """One more failure, before it is one: who is counted afterwards can be many at once.

    Known devices have a counter of their own, so that strangers lock nobody out, and no stolen cookie guesses for ever.
    """
    strange, known_device = guess_counters(email)
    key = known_device if attempt.known_device else strange
    return throttle.count_against(config().rate_limit_failed_sign_ins, *key, closed=True)


def guess_counters(email: str) -> list[tuple[str, ...]]:
    """What counts the failures for an address: from anywhere, and from devices that are known."""
    key = (_FAILURES, throttle.hidden(email))
    return [key, (*key, "known")]


def _remind(behind: Known, email: str, attempt: Attempt) -> None:
    if not config().send_verification_on_sign_in:
        return
    with suppress(TooManyRequests):  # the password was right, and is answered as ever
        outbox.check_rate(email)
        mail_again(behind, attempt.client, attempt.given.callback_url)


def _rehash(profile: ProfileRow, password: str) -> None:
    """Put a hash of today in the place of an imported one, unless the password was changed meanwhile."""
    if passwords.is_current(profile.password_hash):
        return
    with suppress(ConditionFailed), conditionally():
        ProfileRow(profile.pk, profile.sk).update(
            [ProfileRow.password_hash.set(passwords.hash_password(password))],
            condition=ProfileRow.password_hash == profile.password_hash,
        )
