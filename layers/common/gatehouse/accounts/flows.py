"""Sign-up and sign-in.

A sign-up that must be verified first is no user yet: it is stored in its token row, where a later sign-up for the same
address replaces it, under the same link. Known and unknown addresses get the same response, after the same reads and
writes.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import cache

from gatehouse import keys, throttle
from gatehouse.accounts import imported_hashes, outbox, passwords, pictures, verification_mail, waiting_pictures
from gatehouse.accounts.challenges import Challenge, ResponseForm
from gatehouse.accounts.counters import spend_mail
from gatehouse.accounts.failures import count_failure
from gatehouse.accounts.gate import open_first_session, open_session
from gatehouse.accounts.known_devices import is_known_device
from gatehouse.accounts.lookup import (
    AccountLookup,
    discard_sign_up,
    is_pending,
    look_up_account,
    new_user,
    sign_up_key,
)
from gatehouse.accounts.model import NewAccount, PasswordCredentials, User, normalize_email
from gatehouse.accounts.origin import rough_origin
from gatehouse.accounts.pointers import email_key, taken_by
from gatehouse.accounts.proofs import mark_password_proven
from gatehouse.accounts.table import ProfileRow, create_profile, new_profile
from gatehouse.accounts.verification import resend_verification
from gatehouse.config import config
from gatehouse.dynamodb import ConditionFailed, TransactItem, batch_get, conditional_write, retry_if_changed
from gatehouse.errors.accounts import (
    EmailNotVerified,
    InvalidEmail,
    InvalidEmailOrPassword,
    SignUpDisabled,
    UserAlreadyExists,
)
from gatehouse.sessions import ClientInfo, IssuedSession, create_epoch
from gatehouse.telemetry import add_log_context
from gatehouse.tokens import Purpose, TokenRow, replace_token, replace_unmailed, still_works
from gatehouse.tokens.undeliverable import is_undeliverable


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUpAttempt:
    """A sign-up: the new account, the client, and the id of the sign-up before it from the same browser, which is asked
    once the keyring was read.
    """

    new: NewAccount
    client: ClientInfo
    previous_id: Callable[[], str | None] = lambda: None


@dataclass(frozen=True, slots=True, kw_only=True)
class SignUpResult:
    """The user, and the session or, while the address must be verified first, the id of the sign-up."""

    user: User
    issued: IssuedSession | None = None
    sign_up_id: str | None = None


def sign_up(attempt: SignUpAttempt) -> SignUpResult:
    """Create an account: with a session when addresses need no verification, else with a mail alone.

    Raises SignUpDisabled, PasswordTooShort, PasswordTooLong, WeakPassword, PasswordCompromised, TooManyRequests, what
    `pictures.parse_image` raises and, where existing users may be revealed, UserAlreadyExists.
    """
    new, settings = attempt.new, config()
    if not settings.sign_up_enabled:
        raise SignUpDisabled
    user, picture = _new_user(attempt)
    passwords.check_new_password(new.password, new.email, new.name)
    within_budget = not settings.require_email_verification or spend_mail(Purpose.VERIFY_EMAIL, new.email)
    add_log_context(sign_up="password")
    hashed = cache(lambda like: passwords.hash_new_password(new.password, like=like))
    if not settings.require_email_verification:
        return _complete_sign_up(attempt, user, hashed(None), [pictures.store(user.id, picture)] if picture else [])
    if picture:  # the same for a taken address
        waiting_pictures.store_waiting(user.email, picture)
    return retry_if_changed(lambda: _begin_sign_up(attempt, user, hashed, within_budget=within_budget))


def _new_user(attempt: SignUpAttempt) -> tuple[User, pictures.Picture | None]:
    user = new_user(attempt.new.email, name=attempt.new.name)
    image, picture = pictures.parse_image(attempt.new.image, user.id, attempt.client.base_url)
    return replace(user, image=image), picture


def _begin_sign_up(
    attempt: SignUpAttempt, user: User, hashed: Callable[[str | None], str], *, within_budget: bool
) -> SignUpResult:
    """Let a sign-up wait for its address to be verified; a taken address gets a notice instead.

    Beyond the budget of the address nothing is mailed while the link of before works. Raises ConditionFailed when
    another sign-up for the address came first, or that mail is being sent.
    """
    new, client = attempt.new, attempt.client
    sign_up_id = secrets.token_urlsafe(16)
    pointer, found, keyring = batch_get(email_key(user.email), sign_up_key(user.email), keys.keyring_key())
    keys.update_cache(keyring)
    waiting = found if is_pending(found) else None
    password_hash = hashed(waiting.password_hash if waiting else None)
    taken = taken_by(pointer) is not None
    if taken and config().reveal_existing_users:
        raise UserAlreadyExists
    if taken:
        (outbox.account_exists(user, client) if within_budget else outbox.decoy(user.email, client)).save()
        return SignUpResult(user=user, sign_up_id=sign_up_id)
    sign_up = verification_mail.SignUp(
        password_hash=password_hash,
        sign_up_id=sign_up_id,
        sign_ups=_count_sign_ups(waiting, password_hash, attempt.previous_id()),
        origin=rough_origin(client),
    )
    row = verification_mail.verification(user, client, earlier=waiting, callback_url=new.callback_url, sign_up=sign_up)
    if waiting and still_works(waiting) and not within_budget:
        replace_unmailed(row, waiting)
    else:
        replace_token(row, found)
    return SignUpResult(user=user, sign_up_id=sign_up_id)


def _count_sign_ups(waiting: TokenRow | None, password_hash: str, previous_id: str | None) -> int:
    """Return how many sign-ups for the address came from different people, as far as can be told: one that replaces its
    own, by its browser or with the same password, does not count again.
    """
    if waiting is None:
        return 1
    same_browser = waiting.sign_up_id is not None and waiting.sign_up_id == previous_id
    return (waiting.sign_ups or 1) + (0 if same_browser or waiting.password_hash == password_hash else 1)


def _complete_sign_up(
    attempt: SignUpAttempt, user: User, password_hash: str, picture: list[TransactItem]
) -> SignUpResult:
    pointer, keyring = batch_get(email_key(user.email), keys.keyring_key())
    keys.update_cache(keyring)
    if taken_by(pointer):
        raise UserAlreadyExists
    profile = new_profile(user, password_hash)
    changes = [*create_profile(profile), *picture, create_epoch(user.id), discard_sign_up(user.email)]
    try:
        issued = open_first_session(profile, attempt.client, *changes, remember=attempt.new.remember_me)
    except ConditionFailed:
        raise UserAlreadyExists from None
    return SignUpResult(user=user, issued=issued)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInAttempt:
    """A sign-in attempt: the credentials, the client, and the user whose address was verified in this browser, who is
    asked for once the keyring was read: an emergency rotation ends what browsers remember.
    """

    credentials: PasswordCredentials
    client: ClientInfo
    verified_user: Callable[[], str | None] = lambda: None


def sign_in(
    attempt: SignInAttempt, form: ResponseForm = ResponseForm.BETTER_AUTH
) -> tuple[User, IssuedSession | Challenge]:
    """Open a session for an address and a password, or a challenge for a user with a second factor, who is answered
    in this form once it is given.

    Raises InvalidEmail, PasswordTooLong, TooManyRequests after too many failures, InvalidEmailOrPassword, and
    EmailNotVerified once the password was correct.
    """
    credentials, email = attempt.credentials, _parse_address(attempt.credentials.email)
    passwords.check_length(credentials.password)
    lookup, (keyring, imported) = look_up_account(email, keys.keyring_key(), imported_hashes.costs_key())
    keys.update_cache(keyring)
    is_proven = not lookup.profile or lookup.profile.is_proven
    known_device = is_known_device(attempt.client.device_proofs, email, is_proven=is_proven)
    failure = count_failure(email, known_device=known_device)
    if not passwords.is_correct(credentials.password, lookup.password_hash):
        imported_hashes.spend_equal_work(credentials.password, lookup.password_hash, imported)
        raise InvalidEmailOrPassword
    throttle.refund(failure)
    profile = lookup.profile
    with _resending_verification(lookup, email, attempt):
        if not profile:
            raise EmailNotVerified
        opened = _open_session(profile, attempt, form)
    _rehash(profile, credentials.password)
    return profile.to_user(), opened


def _parse_address(text: str) -> str:
    """Return the normal form of an address; raises InvalidEmail."""
    try:
        return normalize_email(text)
    except ValueError:
        raise InvalidEmail from None


def _open_session(profile: ProfileRow, attempt: SignInAttempt, form: ResponseForm) -> IssuedSession | Challenge:
    """Open the session; in the browser that verified the address, the password is proven by it."""
    proves = profile.password_unproven and attempt.verified_user() == profile.user_id
    changes: list[TransactItem] = [mark_password_proven(profile)] if proves else []
    remember, mailed = attempt.credentials.remember_me, bool(profile.password_mailed)
    try:
        opened = open_session(
            profile, attempt.client, *changes, proves_mailbox=False, by_mailbox=mailed, remember=remember, form=form
        )
    except ConditionFailed:
        raise InvalidEmailOrPassword from None  # the password was replaced meanwhile
    if proves:
        profile.password_unproven = None
    return opened


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
