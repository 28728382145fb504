"""Refresh tokens: each use makes the next generation; an old one in use means that it was stolen."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pynamodb.expressions.update import Action

from gatehouse import clock, keys, throttle
from gatehouse.config import config
from gatehouse.dynamodb import ConditionFailed, Key, conditionally, get_together
from gatehouse.errors import InvalidToken, TokenExpired
from gatehouse.sessions.flows import renewed_end, revoke
from gatehouse.sessions.model import RefreshToken, Session
from gatehouse.sessions.table import SessionRow, epoch_key, session_key
from gatehouse.telemetry import count, logger

_GRACE = timedelta(seconds=10)
_ATTEMPTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """A session whose refresh token was used, and the token to use next."""

    session: Session
    refresh_token: str
    together: list[Any]


def refresh(text: str, *together: Key) -> Refreshed:
    """Use a refresh token. One that lost a race gets the same answer for ten seconds; an older one ends the session.

    Raises InvalidToken, TokenExpired, TooManyRequests.
    """
    token = RefreshToken.parse(text)
    for attempt in range(_ATTEMPTS):
        row, others = _living(token, together)
        if not attempt:
            throttle.count_against(config().rate_limit_refresh, *refresh_counter(token.session_id))
        behind = row.generation - token.generation
        if behind == 0 and not _rotate(row):
            continue
        if (behind == 1 and clock.now() - row.rotated_at > _GRACE) or behind not in {0, 1}:
            _reused(token)
        issued = RefreshToken.make(row.user_id, row.session_id, row.generation, row.secret_hash)
        return Refreshed(session=row.to_session(), refresh_token=str(issued), together=others)
    raise InvalidToken


def end_by_refresh(text: str) -> bool:
    """Delete the session that a refresh token is of, however old the token; False when there is none."""
    try:
        token = RefreshToken.parse(text)
        with suppress(TokenExpired):  # told only of what was good once
            _living(token, ())
    except InvalidToken:
        return False
    return revoke(token.user_id, token.session_id)


def refresh_counter(session_id: str) -> tuple[str, ...]:
    """What counts the refreshes of a session."""
    return "refresh", session_id


def user_of(text: str) -> str:
    """Whose session a refresh token claims to be of, unproven; raises InvalidToken."""
    return RefreshToken.parse(text).user_id


def _living(token: RefreshToken, together: tuple[Key, ...]) -> tuple[SessionRow, list[Any]]:
    row, epoch, keyring, *others = get_together(
        session_key(token.user_id, token.session_id), epoch_key(token.user_id), keys.keyring_key(), *together
    )
    keys.observe(keyring)
    if row is None or epoch is None or row.epoch != epoch.epoch:
        raise InvalidToken
    token.check(row.secret_hash)
    if row.expires_at <= clock.now():
        raise TokenExpired
    return row, others


def _rotate(row: SessionRow) -> bool:
    """Make the next generation; False when somebody else just did."""
    now, generation = clock.now(), row.generation
    actions: list[Action] = [SessionRow.generation.set(generation + 1), SessionRow.rotated_at.set(now)]
    expires_at: datetime | None = renewed_end(row.to_session(), now)
    if expires_at:
        actions += [SessionRow.expires_at.set(expires_at), SessionRow.updated_at.set(now)]
    try:
        with conditionally():
            row.update(actions, condition=SessionRow.generation == generation)
    except ConditionFailed:
        return False
    return True


def _reused(token: RefreshToken) -> None:
    revoke(token.user_id, token.session_id)
    logger.warning("refresh token reused", user_id=token.user_id, session_id=token.session_id)
    count("RefreshReuse")
    raise InvalidToken
