"""Signing up, verifying, signing in, and getting back in with a new password.

A sign-up that must be verified first is no user yet: it waits on its own token row, where a later sign-up for the same
address replaces it. Strangers are answered like owners, after the same reads and writes.
"""

from dataclasses import replace
from uuid import uuid4

from pynamodb.exceptions import PutError

from gatehouse import clock
from gatehouse.accounts import outbox, passwords
from gatehouse.accounts.model import Credentials, NewAccount, User, normal_email
from gatehouse.accounts.table import ProfileRow, creation, email_key, password_change, profile_key, verification
from gatehouse.config import config
from gatehouse.dynamodb import Change, ConditionFailed, condition_failed, delete, get_together, put, transact
from gatehouse.errors import EmailNotVerified, InvalidEmail, InvalidEmailOrPassword, InvalidToken, UserAlreadyExists
from gatehouse.sessions import Client, Opened, first_epoch, next_epoch, open_session
from gatehouse.tokens import Purpose, TokenRow, look_up, used

_NOBODY = "nobody"


def sign_up(new: NewAccount, client: Client) -> tuple[User, Opened | None]:
    """Begin an account: with a session when addresses need no verification, else with a mail alone.

    Raises PasswordTooShort, PasswordTooLong and, without verification, UserAlreadyExists.
    """
    passwords.check_length(new.password)
    password_hash = passwords.hash_password(new.password)
    user = _newcomer(new.email, name=new.name, image=new.image)
    (taken,) = get_together(email_key(user.email))
    if config().require_email_verification:
        _sign_up_mail(user, client, new.callback_url, password_hash, taken=bool(taken)).save()
        return user, None
    if taken:
        raise UserAlreadyExists
    opened, session = open_session(user.id, 1, client, remember=new.remember_me)
    try:
        transact(*creation(user, password_hash), first_epoch(user.id), put(session), _forget_sign_up(user.email))
    except ConditionFailed:
        raise UserAlreadyExists from None
    return user, opened


def sign_in(given: Credentials, client: Client) -> tuple[User, Opened]:
    """Open one more session.

    Raises InvalidEmail, PasswordTooLong, InvalidEmailOrPassword, and EmailNotVerified once the password was right.
    """
    email = _address(given.email)
    passwords.check_not_too_long(given.password)
    profile, waiting = _known(email)
    account = profile or waiting
    if not passwords.is_correct(given.password, account.password_hash if account else None):
        raise InvalidEmailOrPassword
    if not profile or (config().require_email_verification and not profile.email_verified):
        raise EmailNotVerified
    opened, session = open_session(profile.user_id, profile.epoch, client, remember=given.remember_me)
    session.save()
    return profile.to_user(), opened


def verify_email(token: str) -> User:
    """Verify an address; a waiting sign-up becomes a user, with the password that this very token was mailed for.

    Verifying again while the link lives changes nothing. Raises InvalidToken, TokenExpired.
    """
    row = look_up(token, Purpose.VERIFY_EMAIL)
    if not row.used_at:
        try:
            transact(used(row), *_verified(row))
        except ConditionFailed:
            if not look_up(token, Purpose.VERIFY_EMAIL).used_at:
                raise InvalidToken from None
    profile: ProfileRow | None
    (profile,) = get_together(profile_key(row.user_id))
    if not profile:
        raise InvalidToken
    return profile.to_user()


def request_verification(email: str, client: Client, callback_url: str | None = None) -> None:
    """Mail the verification link again, if the address waits for one."""
    profile, waiting = _known(email)
    if waiting:
        user, condition = _signed_up(waiting), TokenRow.nonce == waiting.nonce
        row = outbox.verification(user, client, callback_url=callback_url, password_hash=waiting.password_hash)
    elif profile and not profile.email_verified:
        row, condition = outbox.verification(profile.to_user(), client, callback_url=callback_url), None
    else:
        row, condition = outbox.nothing(email, client), None
    try:
        row.save(condition=condition)
    except PutError as error:
        if not condition_failed(error):  # else a newer sign-up took the row, and its own mail is on the way
            raise


def request_reset(email: str, client: Client, redirect_to: str | None = None) -> None:
    """Mail a link that sets a new password, if anybody has or awaits an account with this address."""
    profile, waiting = _known(email)
    owner, epoch = (profile.to_user(), profile.epoch) if profile else (None, None)
    row = outbox.reset(email, client, redirect_to=redirect_to, owner=owner, epoch=epoch)
    (row if profile or waiting else outbox.nothing(email, client)).save()


def check_reset(token: str) -> None:
    """Raises InvalidToken or TokenExpired when the token would not set a password."""
    _unused_reset(token)


def reset_password(token: str, new_password: str) -> None:
    """Set a new password and end every session; whatever sign-up waits for the address is gone.

    Raises PasswordTooShort, PasswordTooLong, InvalidToken, TokenExpired.
    """
    passwords.check_length(new_password)
    row = _unused_reset(token)
    password_hash = passwords.hash_password(new_password)
    if row.user_id:
        notice = outbox.password_changed(row.user_id, row.email, row.base_url)
        changes = [
            password_change(row.user_id, row.email, row.epoch, password_hash),
            next_epoch(row.user_id, row.epoch),
            put(notice),
        ]
    else:
        user = replace(_newcomer(row.email), email_verified=True)
        changes = [*creation(user, password_hash), first_epoch(user.id)]
    try:
        transact(used(row), *changes, _forget_sign_up(row.email))
    except ConditionFailed:
        raise InvalidToken from None


def _known(email: str) -> tuple[ProfileRow | None, TokenRow | None]:
    """The person behind an address, or the sign-up that waits for it: two calls whether there is any or not."""
    pointer, row = get_together(email_key(email), (TokenRow, outbox.subject_of(email), Purpose.VERIFY_EMAIL))
    (profile,) = get_together(profile_key(pointer.user_id if pointer else _NOBODY))
    waits = not profile and row and row.password_hash and row.delete_at > clock.now()
    return profile, row if waits else None


def _address(text: str) -> str:
    try:
        return normal_email(text)
    except ValueError:
        raise InvalidEmail from None


def _newcomer(email: str, *, name: str = "", image: str | None = None) -> User:
    now = clock.now()
    return User(
        id=str(uuid4()), email=email, name=name, image=image, email_verified=False, created_at=now, updated_at=now
    )


def _signed_up(row: TokenRow) -> User:
    return replace(_newcomer(row.email, name=row.name, image=row.image), id=row.user_id, created_at=row.created_at)


def _sign_up_mail(user: User, client: Client, callback_url: str | None, password_hash: str, *, taken: bool) -> TokenRow:
    if taken:
        return outbox.account_exists(user, client)
    return outbox.verification(user, client, callback_url=callback_url, password_hash=password_hash)


def _verified(row: TokenRow) -> list[Change]:
    if not row.password_hash:
        return [verification(row.user_id, row.email)]
    user = replace(_signed_up(row), email_verified=True)
    return [*creation(user, row.password_hash), first_epoch(user.id)]


def _forget_sign_up(email: str) -> Change:
    return delete(TokenRow(outbox.subject_of(email), Purpose.VERIFY_EMAIL))


def _unused_reset(token: str) -> TokenRow:
    row = look_up(token, Purpose.RESET_PASSWORD)
    if row.used_at:
        raise InvalidToken
    return row
