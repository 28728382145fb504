"""Make, find, renew and end sessions."""

import secrets
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from pynamodb.expressions.update import Action

from gatehouse import clock, keys
from gatehouse.config import config
from gatehouse.dynamodb import ConditionFailed, Key, TransactItem, batch_get, conditional_write, delete, put, update
from gatehouse.errors import InvalidToken, SessionEnded, TokenExpired
from gatehouse.sessions.model import ClientInfo, Credential, IssuedSession, Session, SessionToken, is_session_id
from gatehouse.sessions.table import EpochRow, SessionRow, epoch_key, session_key

_SESSION_ONLY_LIFETIME = timedelta(days=1)
_LONGEST_ADDRESS, _LONGEST_AGENT = 45, 500


def new_session(
    user_id: str, epoch: int, client: ClientInfo, *, remember: bool = True, second_factor: bool = False
) -> tuple[IssuedSession, SessionRow]:
    """Return a new session in `epoch`, and its row, unsaved. In an outdated epoch it is invalid from the start, and
    so it is after an emergency rotation, unless the caller has read the keyring since.
    """
    now, settings = clock.now(), config()
    created_at = max(now, keys.not_before())
    longest = min(settings.session_lifetime, settings.session_absolute_lifetime)
    lifetime = longest if remember else min(longest, _SESSION_ONLY_LIFETIME)
    token = SessionToken.new(user_id)
    row = SessionRow(
        user_id,
        token.session_id,
        secret_hash=token.digest,
        epoch=epoch,
        created_at=created_at,
        updated_at=now,
        proved_at=now if now < created_at else None,
        expires_at=(now + lifetime).replace(microsecond=0),
        remember=remember,
        second_factor=second_factor,
        ip_address=client.ip_address[:_LONGEST_ADDRESS],
        user_agent=client.user_agent[:_LONGEST_AGENT],
    )
    return IssuedSession(session=row.to_session(), token=token), row


def find_session(credential: Credential, *extra_keys: Key, refresh_keyring: bool = False) -> tuple[Session, list[Any]]:
    """Return the live session of a credential, and the rows of `extra_keys`, in one read.

    Callers that sign something pass `refresh_keyring`, so that no withdrawn key is used; for the others a keyring that
    is ten seconds old is read, so that no withdrawn session is found. Raises InvalidToken when there is no session,
    TokenExpired when it has expired.
    """
    ring = [keys.keyring_key()] if credential.needs_keyring or refresh_keyring else keys.stale_keyring_key()
    row, epoch, *extra_rows = batch_get(
        session_key(credential.user_id, credential.session_id), epoch_key(credential.user_id), *extra_keys, *ring
    )
    keyring = extra_rows.pop() if ring else None
    if ring:
        keys.update_cache(keyring)
    if not is_valid(row, epoch):
        raise InvalidToken
    credential.check(row.secret_hash, keyring)
    if row.expires_at <= clock.now():
        raise TokenExpired
    return row.to_session(epoch.cursor_key), extra_rows


def active_sessions(user_id: str, epoch: int) -> list[Session]:
    """Return every live session of a user, oldest first."""
    keys.refresh_if_stale()
    now = clock.now()
    rows = SessionRow.query(
        user_id,
        filter_condition=(SessionRow.epoch == epoch) & SessionRow.secret_hash.exists(),
        consistent_read=True,
    )
    living = [row.to_session() for row in rows if row.expires_at > now and row.created_at >= keys.not_before()]
    return sorted(living, key=lambda session: session.created_at)


def renewed_expiry(session: Session, now: datetime) -> datetime | None:
    """Return the new expiry of a session in use; None while no renewal is due."""
    settings = config()
    latest = session.created_at + settings.session_absolute_lifetime
    expires_at = min(now + settings.session_lifetime, latest).replace(microsecond=0)
    due = session.expires_at - settings.session_lifetime + settings.session_update_age
    return expires_at if session.remember and due <= now and expires_at > session.expires_at else None


def renew(session: Session) -> Session:
    """Extend the session when that is due; raises InvalidToken when it ended meanwhile."""
    now = clock.now()
    expires_at = renewed_expiry(session, now)
    if expires_at is None:
        return session
    return update_session(session, SessionRow.expires_at.set(expires_at), SessionRow.updated_at.set(now))


def mark_reauthenticated(session: Session) -> Session:
    """Make the session fresh again, because its user just gave the password. Raises InvalidToken when it ended."""
    return update_session(session, SessionRow.proved_at.set(clock.now()))


def mark_verified(session: Session) -> TransactItem:
    """Return the write that makes a session fresh, because its user just gave a second factor, or a passkey, which
    stands for both; it fails when the session has ended.
    """
    row, now = SessionRow(session.user_id, session.id), clock.now()
    actions = SessionRow.proved_at.set(now), SessionRow.second_factor.set(True)
    return update(row, *actions, condition=SessionRow.secret_hash.exists())


def end(session: Session) -> TransactItem:
    """Return the write that ends a session; it fails when that has ended."""
    return delete(SessionRow(session.user_id, session.id), SessionRow.secret_hash.exists())


def update_session(session: Session, *actions: Action) -> Session:
    """Update a session that still exists; raises InvalidToken when it ended meanwhile."""
    row = SessionRow(session.user_id, session.id)
    try:
        with conditional_write():
            row.update(list(actions), condition=SessionRow.session_id.exists())
    except ConditionFailed:
        raise SessionEnded from None
    return row.to_session()


def check_active(user_id: str, session_id: str) -> int:
    """Return the epoch of a session that was read before; raises SessionEnded when it has ended since."""
    row, epoch, *ring = batch_get(session_key(user_id, session_id), epoch_key(user_id), *keys.stale_keyring_key())
    if ring:
        keys.update_cache(*ring)
    if not is_valid(row, epoch) or row.expires_at <= clock.now():
        raise SessionEnded
    epoch_now: int = epoch.epoch
    return epoch_now


def is_valid(row: SessionRow | None, epoch: EpochRow | None) -> bool:
    """Whether a session exists that neither its user's epoch nor an emergency rotation has ended; it may have expired.

    Callers have read the keyring in the last ten seconds.
    """
    return row is not None and epoch is not None and row.epoch == epoch.epoch and row.created_at >= keys.not_before()


def is_fresh(session: Session) -> bool:
    """Whether a password, passkey or second factor was given recently enough for sensitive operations."""
    age = config().session_fresh_age
    return not age or clock.now() - session.proved_at < age


def lacks_second_factor(session: Session) -> bool:
    """Whether a session had no second factor, and all users must have one."""
    return config().require_two_factor == "all" and not session.second_factor


def end_session(credential: Credential) -> bool:
    """Delete the session of a credential, however old that is; False when there is none."""
    if isinstance(credential, SessionToken):
        return _delete(
            SessionRow(credential.user_id, credential.session_id), SessionRow.secret_hash == credential.digest
        )
    try:
        with suppress(TokenExpired):  # raised only for a token that was valid
            find_session(credential)
    except InvalidToken:
        return False
    return revoke(credential.user_id, credential.session_id)


def revoke(user_id: str, session_id: str) -> bool:
    """Delete one session of a user; False when it does not exist."""
    if not is_session_id(session_id):
        return False
    return _delete(SessionRow(user_id, session_id), SessionRow.secret_hash.exists())


def revoke_active(current: Session, session_id: str) -> bool:
    """Delete a live session of the current one's user; False when it does not exist."""
    if not is_session_id(session_id):
        return False
    lives = (
        (SessionRow.epoch == current.epoch)
        & (SessionRow.expires_at > clock.now())
        & (SessionRow.created_at >= keys.not_before())
    )
    return _delete(SessionRow(current.user_id, session_id), SessionRow.secret_hash.exists() & lives)


def revoke_named(current: Session, name: str) -> bool:
    """Delete the user's session with this id or token; returns whether it was the current one.

    Sessions of other users are not touched.
    """
    try:
        token = SessionToken.parse(name)
    except InvalidToken:
        session_id = name
    else:
        session_id = token.session_id if token.user_id == current.user_id else ""
    revoke(current.user_id, session_id)
    return session_id == current.id


def create_epoch(user_id: str) -> TransactItem:
    """Return the write that creates a new user's epoch."""
    row = EpochRow(user_id, epoch=1, cursor_key=secrets.token_bytes(32))
    return put(row, EpochRow.user_id.does_not_exist())


def advance_epoch(user_id: str, epoch: int) -> TransactItem:
    """Return the write that ends all sessions: part of the transaction that also moves the profile from `epoch`."""
    return update(EpochRow(user_id), EpochRow.epoch.set(epoch + 1), condition=EpochRow.epoch == epoch)


def delete_epoch(user_id: str) -> TransactItem:
    """Return the write that deletes a user's epoch: none of their sessions is valid any more."""
    return delete(EpochRow(user_id))


def carry_over(session: Session, epoch: int, *, with_second_factor: bool = True) -> TransactItem:
    """Return the write that carries one session over into the next epoch. Without `with_second_factor` it counts as one
    whose user gave none.
    """
    row = SessionRow(session.user_id, session.id)
    lost = [] if with_second_factor else [SessionRow.second_factor.set(False)]
    return update(row, SessionRow.epoch.set(epoch + 1), *lost, condition=SessionRow.epoch == epoch)


def _delete(row: SessionRow, condition: Any) -> bool:
    try:
        with conditional_write():
            row.delete(condition=condition)
    except ConditionFailed:
        return False
    return True
