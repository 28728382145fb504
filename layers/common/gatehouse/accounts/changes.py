"""What signed-in people change about themselves: password, address, and whether they are here at all."""

from http import HTTPStatus

from gatehouse import sessions
from gatehouse.accounts import outbox, passwords, reminders
from gatehouse.accounts.erasures import order_erasure
from gatehouse.accounts.people import Member, known
from gatehouse.accounts.table import ProfileRow, admission, change_of_password, departure, new_epoch, profile_key
from gatehouse.config import config
from gatehouse.dynamodb import Change, ConditionFailed, Contended, get_together, pause, put, transact
from gatehouse.errors import (
    CredentialAccountNotFound,
    EmailIsTheSame,
    InvalidPassword,
    InvalidToken,
    NotFound,
    SessionExpired,
)
from gatehouse.sessions import Client, Opened, Session
from gatehouse.tokens import Purpose, look_up, used

_ATTEMPTS = 8


def check_password(member: Member, password: str) -> None:
    """Raises PasswordTooLong, CredentialAccountNotFound or InvalidPassword."""
    passwords.check_not_too_long(password)
    if not member.profile.password_hash:
        raise CredentialAccountNotFound
    if not passwords.is_correct(password, member.profile.password_hash):
        raise InvalidPassword


def verify_password(member: Member, password: str) -> None:
    """Make the session fresh again; raises as `check_password`."""
    check_password(member, password)
    sessions.prove(member.session)


def change_password(member: Member, current: str, new: str, client: Client, *, replace: bool) -> Opened | None:
    """Set a new password and end every other session; this one goes on, or is replaced by the one that is given back.

    Raises PasswordTooShort, PasswordTooLong, WeakPassword, what `check_password` raises, and InvalidToken as 401 when
    the session was ended meanwhile.
    """
    profile = member.profile
    passwords.check_choice(new, profile.email, profile.name)
    check_password(member, current)
    opened, kept = _kept(member, client, replace=replace)
    notice = outbox.password_changed(profile.user_id, profile.email, client)
    change = change_of_password(profile, passwords.hash_password(new))
    try:
        transact(change, sessions.next_epoch(profile.user_id, profile.epoch), kept, put(notice))
    except ConditionFailed:
        sessions.check_lives(profile.user_id, member.session.id)
        raise InvalidPassword from None  # somebody else with this session was first, so this one is the old password
    return opened


def end_all_sessions(session: Session, *, but_this: bool) -> None:
    """Sign a user out everywhere, or everywhere else, in one transaction.

    Raises InvalidToken, as 401, when somebody else did and ended this session, too.
    """
    kept = [sessions.survive(session, session.epoch)] if but_this else []
    try:
        transact(new_epoch(session.user_id, session.epoch), sessions.next_epoch(session.user_id, session.epoch), *kept)
    except ConditionFailed:
        if not but_this:
            raise InvalidToken(status=HTTPStatus.UNAUTHORIZED) from None
        sessions.check_lives(session.user_id, session.id)  # then whoever moved the epoch ended all others


def change_email(member: Member, new_email: str, client: Client, callback_url: str | None) -> None:
    """Mail what is needed to move to a new address: nobody moves before it is proved, and takes one that is taken.

    For a taken one the same row is written, but not mailed; where the old address must allow the move, it is asked
    alike. Raises EmailIsTheSame, TooManyRequests.
    """
    profile = member.profile
    if new_email == profile.email:
        raise EmailIsTheSame
    outbox.check_rate(new_email)
    move = outbox.Move(profile=profile, new_email=new_email, callback_url=callback_url)
    if profile.email_verified and config().confirm_email_change:
        outbox.check_rate(profile.email)
        outbox.confirm_email_change(move, client).save()
        return
    behind, _ = known(new_email)
    outbox.change_email_of(move, client, taken=behind.profile is not None).save()


def set_disabled(user_id: str, *, disabled: bool) -> None:
    """Shut a person out, which ends every session and every mailed token of theirs, or let them in again.

    Raises NotFound when there is no such user.
    """
    profile: ProfileRow | None
    (profile,) = get_together(profile_key(user_id))
    if not profile:
        raise NotFound
    transact(admission(profile, disabled=disabled), sessions.next_epoch(user_id, profile.epoch))


def delete_user(member: Member, client: Client, *, password: str | None, callback_url: str | None) -> bool:
    """Delete the user, or mail the link that does when that is asked for; whether the user is gone.

    Raises what `check_password` raises, TooManyRequests when there were too many mails, and SessionExpired when neither
    a password nor a fresh session speaks for it.
    """
    if password is not None:
        check_password(member, password)
    if config().delete_user_by_mail:
        outbox.check_rate(member.profile.email)
        outbox.delete_account(member.profile, client, callback_url).save()
        return False
    if password is None and not sessions.is_fresh(member.session):
        raise SessionExpired
    _depart(member)
    return True


def delete_user_by_token(member: Member, token: str) -> None:
    """Delete the user whom the token was mailed to; raises InvalidToken, TokenExpired."""
    row = look_up(token, Purpose.DELETE_ACCOUNT)
    if row.used_at or row.user_id != member.profile.user_id or row.epoch != member.profile.epoch:
        raise InvalidToken
    _depart(member, used(row))


def delete_by_operator(user_id: str) -> None:
    """Delete a user whom nobody asks; raises NotFound when there is no such user, Contended when they kept changing."""
    for attempt in range(_ATTEMPTS):
        profile: ProfileRow | None
        (profile,) = get_together(profile_key(user_id))
        if not profile:
            raise NotFound
        try:
            return transact(*_end_of(profile))
        except ConditionFailed:
            pause(attempt)
    raise Contended


def _depart(member: Member, *changes: Change) -> None:
    try:
        transact(*_end_of(member.profile), *changes)
    except ConditionFailed:
        raise InvalidToken(status=HTTPStatus.UNAUTHORIZED) from None


def _end_of(profile: ProfileRow) -> list[Change]:
    """A user gone at once, sessions and all; the rest of what they left is erased afterwards."""
    return [
        *departure(profile),
        *reminders.end(profile),
        sessions.last_epoch(profile.user_id),
        put(order_erasure(profile)),
    ]


def _kept(member: Member, client: Client, *, replace: bool) -> tuple[Opened | None, Change]:
    profile, session = member.profile, member.session
    if not replace:
        return None, sessions.survive(session, profile.epoch)
    opened, row = sessions.open_session(profile.user_id, profile.epoch + 1, client, remember=session.remember)
    return opened, put(row)
