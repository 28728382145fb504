"""Opening, finding, renewing and ending sessions."""

import secrets
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from pynamodb.expressions.update import Action

from gatehouse import clock, keys
from gatehouse.config import config
from gatehouse.dynamodb import Change, ConditionFailed, Key, conditionally, delete, get_together, put, update
from gatehouse.errors import InvalidToken, TokenExpired
from gatehouse.sessions.model import Client, Opened, Proof, Session, SessionToken, is_session_id
from gatehouse.sessions.table import EpochRow, SessionRow, epoch_key, session_key

_UNREMEMBERED = timedelta(days=1)
_LONGEST_ADDRESS, _LONGEST_AGENT = 45, 500


def open_session(user_id: str, epoch: int, client: Client, *, remember: bool = True) -> tuple[Opened, SessionRow]:
    """A new session in `epoch`, and its row, unsaved. Made from a stale epoch it is dead on arrival."""
    now, settings = clock.now(), config()
    longest = min(settings.session_lifetime, settings.session_absolute_lifetime)
    lifetime = longest if remember else min(longest, _UNREMEMBERED)
    token = SessionToken.new(user_id)
    row = SessionRow(
        user_id,
        token.session_id,
        secret_hash=token.digest,
        epoch=epoch,
        created_at=now,
        updated_at=now,
        expires_at=(now + lifetime).replace(microsecond=0),
        remember=remember,
        ip_address=client.ip_address[:_LONGEST_ADDRESS],
        user_agent=client.user_agent[:_LONGEST_AGENT],
    )
    return Opened(session=row.to_session(), token=token), row


def find(proof: Proof, *together: Key, see_keyring: bool = False) -> tuple[Session, list[Any]]:
    """The living session that `proof` is of, and the rows of `together`, in one call.

    Whoever is going to sign something says `see_keyring`, so that no key is used that was given up meanwhile.
    Raises InvalidToken when there is none, TokenExpired when its time is over.
    """
    ring = [keys.keyring_key()] if proof.needs_keyring or see_keyring else []
    row, epoch, *others = get_together(
        session_key(proof.user_id, proof.session_id), epoch_key(proof.user_id), *together, *ring
    )
    keyring = others.pop() if ring else None
    keys.observe(keyring)
    if row is None or not isinstance(row, SessionRow) or epoch is None or row.epoch != epoch.epoch:
        raise InvalidToken
    proof.check(row.secret_hash, keyring)
    if row.expires_at <= clock.now():
        raise TokenExpired
    return replace(row.to_session(), cursor_key=epoch.cursor_key), others


def all_of(user_id: str, epoch: int) -> list[Session]:
    """Every living session of a user, oldest first."""
    now = clock.now()
    rows = SessionRow.query(
        user_id,
        filter_condition=(SessionRow.epoch == epoch) & SessionRow.secret_hash.exists(),
        consistent_read=True,
    )
    living = [row.to_session() for row in rows if row.expires_at > now]
    return sorted(living, key=lambda session: session.created_at)


def renewed_end(session: Session, now: datetime) -> datetime | None:
    """Until when a session in use may go on; None while no renewal is due."""
    settings = config()
    latest = session.created_at + settings.session_absolute_lifetime
    expires_at = min(now + settings.session_lifetime, latest).replace(microsecond=0)
    due = session.expires_at - settings.session_lifetime + settings.session_update_age
    return expires_at if session.remember and due <= now and expires_at > session.expires_at else None


def renew(session: Session) -> Session:
    """Move the session's end forward when that is due; raises InvalidToken when it was ended meanwhile."""
    now = clock.now()
    expires_at = renewed_end(session, now)
    if expires_at is None:
        return session
    return change(session, SessionRow.expires_at.set(expires_at), SessionRow.updated_at.set(now))


def prove(session: Session) -> Session:
    """Make the session fresh again: its user just gave the password. Raises InvalidToken when it was ended."""
    return change(session, SessionRow.proved_at.set(clock.now()))


def change(session: Session, *actions: Action) -> Session:
    """Change a session that still exists; raises InvalidToken when it was ended meanwhile."""
    row = SessionRow(session.user_id, session.id)
    try:
        with conditionally():
            row.update(list(actions), condition=SessionRow.session_id.exists())
    except ConditionFailed:
        raise InvalidToken(status=HTTPStatus.UNAUTHORIZED) from None
    return row.to_session()


def check_lives(user_id: str, session_id: str) -> None:
    """Raises InvalidToken, as 401, when a session that was read before has ended since."""
    row, epoch = get_together(session_key(user_id, session_id), epoch_key(user_id))
    if row is None or epoch is None or row.epoch != epoch.epoch or row.expires_at <= clock.now():
        raise InvalidToken(status=HTTPStatus.UNAUTHORIZED)


def is_fresh(session: Session) -> bool:
    """Whether the password was given lately enough for what is delicate."""
    age = config().session_fresh_age
    return not age or clock.now() - session.proved_at < age


def end(proof: Proof) -> bool:
    """Delete the session that `proof` is of, however old the proof; False when there is none."""
    if isinstance(proof, SessionToken):
        return _delete(SessionRow(proof.user_id, proof.session_id), SessionRow.secret_hash == proof.digest)
    try:
        with suppress(TokenExpired):  # told only of what was good once
            find(proof)
    except InvalidToken:
        return False
    return revoke(proof.user_id, proof.session_id)


def revoke(user_id: str, session_id: str) -> bool:
    """Delete one session of a user; False when they have none such."""
    if not is_session_id(session_id):
        return False
    return _delete(SessionRow(user_id, session_id), SessionRow.secret_hash.exists())


def revoke_living(current: Session, session_id: str) -> bool:
    """The same for a session that still counts, by the current one; False when they have none such."""
    if not is_session_id(session_id):
        return False
    lives = (SessionRow.epoch == current.epoch) & (SessionRow.expires_at > clock.now())
    return _delete(SessionRow(current.user_id, session_id), SessionRow.secret_hash.exists() & lives)


def revoke_named(current: Session, name: str) -> bool:
    """Delete the session of a user that a client names by its id or its own token; whether it was the current one.

    Other users' sessions, and none at all, are left alone.
    """
    try:
        token = SessionToken.parse(name)
    except InvalidToken:
        session_id = name
    else:
        session_id = token.session_id if token.user_id == current.user_id else ""
    revoke(current.user_id, session_id)
    return session_id == current.id


def first_epoch(user_id: str) -> Change:
    """Let sessions of a new user live."""
    row = EpochRow(user_id, epoch=1, cursor_key=secrets.token_bytes(32))
    return put(row, EpochRow.user_id.does_not_exist())


def next_epoch(user_id: str, epoch: int) -> Change:
    """End every session of the user: part of the transaction that moves the profile from `epoch`, too."""
    return update(EpochRow(user_id), EpochRow.epoch.set(epoch + 1), condition=EpochRow.epoch == epoch)


def last_epoch(user_id: str) -> Change:
    """Let no session of the user live, for there is no such user any more."""
    return delete(EpochRow(user_id))


def survive(session: Session, epoch: int) -> Change:
    """Take one session along into the next epoch."""
    row = SessionRow(session.user_id, session.id)
    return update(row, SessionRow.epoch.set(epoch + 1), condition=SessionRow.epoch == epoch)


def _delete(row: SessionRow, condition: Any) -> bool:
    try:
        with conditionally():
            row.delete(condition=condition)
    except ConditionFailed:
        return False
    return True
