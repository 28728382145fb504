"""What signed-in users change about their account: password, address, deletion."""

from gatehouse import sessions, throttle
from gatehouse.accounts import failures, outbox, passwords, pictures, reminder_rows
from gatehouse.accounts.counters import check_mail_rate
from gatehouse.accounts.erasure_orders import new_erasure_order
from gatehouse.accounts.gate import replace_session
from gatehouse.accounts.lookup import AuthenticatedUser, find_profile, look_up_account
from gatehouse.accounts.table import (
    ProfileRow,
    advance_profile_epoch,
    delete_profile,
    set_password,
    set_profile_disabled,
)
from gatehouse.config import config
from gatehouse.dynamodb import ConditionFailed, TransactItem, put, retry_if_changed, transact
from gatehouse.errors import InvalidToken, NotFound, SessionEnded, SessionExpired, TooManyWrongPasswords
from gatehouse.errors.accounts import CredentialAccountNotFound, EmailIsTheSame, InvalidPassword
from gatehouse.sessions import ClientInfo, IssuedSession, Session
from gatehouse.tokens import Purpose, find_token, mark_used


def check_password(account: AuthenticatedUser, password: str) -> None:
    """Check the password of a signed-in user: the one place that does, so that every wrong one is counted.

    Raises PasswordTooLong, CredentialAccountNotFound, InvalidPassword, TooManyRequests while too many were wrong, and
    TooManyWrongPasswords for the one that was too many, which ends the session that sent it.
    """
    passwords.check_length(password)
    if not account.profile.password_hash:
        raise CredentialAccountNotFound
    failure = failures.count_own_failure(account.id)
    if passwords.is_correct(password, account.profile.password_hash):
        throttle.refund(failure)
    elif failures.is_full(failure):
        sessions.revoke(account.id, account.session.id)
        raise TooManyWrongPasswords
    else:
        raise InvalidPassword


def check_reauthenticated(account: AuthenticatedUser, password: str | None) -> None:
    """Raise SessionExpired without a fresh session, where no password is given either, or as `check_password`."""
    if password is not None:
        check_password(account, password)
    else:
        _check_fresh(account)


def verify_password(account: AuthenticatedUser, password: str) -> None:
    """Check the password and make the session fresh again; raises as `check_password`."""
    check_password(account, password)
    sessions.mark_reauthenticated(account.session)


def change_password(
    account: AuthenticatedUser, current: str, new: str, client: ClientInfo, *, replace: bool
) -> IssuedSession | None:
    """Set a new password and end every other session; this one goes on, or is replaced by the one that is returned.

    Raises PasswordTooShort, PasswordTooLong, WeakPassword, PasswordCompromised, what `check_password` raises, and
    SessionEnded when the session ended meanwhile.
    """
    profile = account.profile
    passwords.check_new_password(new, profile.email, profile.name)
    check_password(account, current)
    issued, remaining = _remaining_session(account, client, replace=replace)
    notice = outbox.password_changed(profile.user_id, profile.email, client)
    change = set_password(profile, passwords.hash_new_password(new))
    try:
        transact(change, sessions.advance_epoch(profile.user_id, profile.epoch), remaining, put(notice))
    except ConditionFailed:
        sessions.check_active(profile.user_id, account.session.id)
        raise InvalidPassword from None  # another request changed the password first
    return issued


def end_all_sessions(session: Session, *, keep_current: bool) -> None:
    """End all sessions of a user, or all others, in one transaction.

    Raises SessionEnded when another request did so and ended this session, too.
    """
    remaining = [sessions.carry_over(session, session.epoch)] if keep_current else []
    try:
        transact(
            advance_profile_epoch(session.user_id, session.epoch),
            sessions.advance_epoch(session.user_id, session.epoch),
            *remaining,
        )
    except ConditionFailed:
        if not keep_current:
            raise SessionEnded from None
        sessions.check_active(session.user_id, session.id)  # another request ended all other sessions


def change_email(account: AuthenticatedUser, new_email: str, client: ClientInfo, callback_url: str | None) -> None:
    """Mail what it takes to change the address: nothing changes before the new one is verified, and taken ones are
    refused.

    For a taken address the same row is written, but not mailed; where the old address must confirm the change, it is
    asked in both cases. Raises EmailIsTheSame, TooManyRequests.
    """
    profile = account.profile
    if new_email == profile.email:
        raise EmailIsTheSame
    check_mail_rate(Purpose.CHANGE_EMAIL, new_email)
    email_change = outbox.EmailChange(profile=profile, new_email=new_email, callback_url=callback_url)
    if profile.email_verified and config().confirm_email_change:
        check_mail_rate(Purpose.CONFIRM_EMAIL_CHANGE, profile.email)
        outbox.confirm_email_change_mail(email_change, client).save()
        return
    lookup, _ = look_up_account(new_email)
    outbox.change_email_mail(email_change, client, taken=lookup.taken_by not in {None, profile.user_id}).save()


def set_disabled(user_id: str, *, disabled: bool) -> None:
    """Disable a user, which ends all their sessions and mailed tokens, or enable them again.

    Raises NotFound when there is no such user.
    """
    profile = _existing(user_id)
    transact(set_profile_disabled(profile, disabled=disabled), sessions.advance_epoch(user_id, profile.epoch))


def delete_user(
    account: AuthenticatedUser, client: ClientInfo, *, password: str | None, callback_url: str | None
) -> bool:
    """Delete the user, or mail the link that does where that is set; returns whether the user was deleted.

    Raises as `check_reauthenticated`, and TooManyRequests after too many mails.
    """
    check_reauthenticated(account, password)
    if config().delete_user_by_mail:
        check_mail_rate(Purpose.DELETE_ACCOUNT, account.profile.email)
        outbox.account_deletion(account.profile, client, callback_url).save()
        return False
    _delete(account)
    return True


def delete_user_by_token(account: AuthenticatedUser, token: str) -> None:
    """Delete the user whom the token was mailed to; raises SessionExpired without a fresh session, InvalidToken,
    TokenExpired.
    """
    _check_fresh(account)
    _redeem_deletion(account, token)


def delete_user_by_token_and_password(account: AuthenticatedUser, token: str, password: str) -> None:
    """Delete the user whom the token was mailed to; raises as `check_password`, InvalidToken, TokenExpired."""
    check_password(account, password)
    _redeem_deletion(account, token)


def _check_fresh(account: AuthenticatedUser) -> None:
    if not sessions.is_fresh(account.session):
        raise SessionExpired


def _redeem_deletion(account: AuthenticatedUser, token: str) -> None:
    row = find_token(token, Purpose.DELETE_ACCOUNT)
    if row.used_at or row.user_id != account.profile.user_id or row.epoch != account.profile.epoch:
        raise InvalidToken
    _delete(account, mark_used(row))


def delete_as_operator(user_id: str) -> None:
    """Delete a user on behalf of an operator; raises NotFound, or TransactionConflict when the
    profile kept changing.
    """
    retry_if_changed(lambda: transact(*_deletion(_existing(user_id))))


def _existing(user_id: str) -> ProfileRow:
    profile = find_profile(user_id)
    if not profile:
        raise NotFound
    return profile


def _delete(account: AuthenticatedUser, *changes: TransactItem) -> None:
    try:
        transact(*_deletion(account.profile), *changes)
    except ConditionFailed:
        raise SessionEnded from None


def _deletion(profile: ProfileRow) -> list[TransactItem]:
    """Return the writes that delete a user and their sessions at once; the rest of their data is erased afterwards."""
    return [
        *delete_profile(profile),
        pictures.store(profile.user_id, None),
        *reminder_rows.removal(profile),
        sessions.delete_epoch(profile.user_id),
        put(new_erasure_order(profile)),
    ]


def _remaining_session(
    account: AuthenticatedUser, client: ClientInfo, *, replace: bool
) -> tuple[IssuedSession | None, TransactItem]:
    if not replace:
        return None, sessions.carry_over(account.session, account.profile.epoch)
    return replace_session(account, client, epoch=account.profile.epoch + 1)
