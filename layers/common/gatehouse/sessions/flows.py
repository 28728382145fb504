"""Opening, finding, renewing and ending sessions."""

from datetime import timedelta
from typing import Any

from pynamodb.exceptions import DeleteError, UpdateError

from gatehouse import clock
from gatehouse.config import config
from gatehouse.dynamodb import Change, Key, condition_failed, get_together, put, update
from gatehouse.errors import InvalidToken, TokenExpired
from gatehouse.sessions.model import Client, Opened, Session, SessionToken
from gatehouse.sessions.table import EPOCH, EpochRow, SessionRow

_UNREMEMBERED = timedelta(days=1)
_LONGEST_ADDRESS, _LONGEST_AGENT = 45, 500


def open_session(user_id: str, epoch: int, client: Client, *, remember: bool = True) -> tuple[Opened, SessionRow]:
    """A new session in `epoch`, and its row, unsaved. Made from a stale epoch it is dead on arrival."""
    now, settings = clock.now(), config()
    lifetime = min(settings.session_lifetime, settings.session_absolute_lifetime) if remember else _UNREMEMBERED
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


def find(token: SessionToken, *together: Key) -> tuple[Session, list[Any]]:
    """The living session that `token` proves, and the rows of `together`, in one call.

    Raises InvalidToken when there is none, TokenExpired when its time is over.
    """
    row, epoch, *others = get_together(
        (SessionRow, token.user_id, token.session_id), (EpochRow, token.user_id, EPOCH), *together
    )
    if row is None or epoch is None or not token.proves(row.secret_hash) or row.epoch != epoch.epoch:
        raise InvalidToken
    if row.expires_at <= clock.now():
        raise TokenExpired
    return row.to_session(), others


def renew(session: Session) -> Session:
    """Move the session's end forward when that is due; raises InvalidToken when it was ended meanwhile."""
    now, settings = clock.now(), config()
    latest = session.created_at + settings.session_absolute_lifetime
    expires_at = min(now + settings.session_lifetime, latest).replace(microsecond=0)
    due = session.expires_at - settings.session_lifetime + settings.session_update_age
    if not session.remember or due > now or expires_at <= session.expires_at:
        return session
    row = SessionRow(session.user_id, session.id)
    try:
        row.update(
            [SessionRow.expires_at.set(expires_at), SessionRow.updated_at.set(now)],
            condition=SessionRow.session_id.exists(),
        )
    except UpdateError as error:
        if condition_failed(error):
            raise InvalidToken from None
        raise
    return row.to_session()


def end(token: SessionToken) -> bool:
    """Delete the session that `token` proves; False when there is none."""
    try:
        SessionRow(token.user_id, token.session_id).delete(condition=SessionRow.secret_hash == token.digest)
    except DeleteError as error:
        if condition_failed(error):
            return False
        raise
    return True


def first_epoch(user_id: str) -> Change:
    """Let sessions of a new user live."""
    return put(EpochRow(user_id, epoch=1), EpochRow.user_id.does_not_exist())


def next_epoch(user_id: str, epoch: int) -> Change:
    """End every session of the user: part of the transaction that moves the profile from `epoch`, too."""
    return update(EpochRow(user_id), EpochRow.epoch.set(epoch + 1), condition=EpochRow.epoch == epoch)
