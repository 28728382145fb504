"""Refresh token rotation: each use starts a new generation; reuse of an old one means theft.

The previous one is not reuse until its successor is used: its response may have been lost (docs/adr/0031).
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pynamodb.expressions.update import Action

from gatehouse import clock, keys, throttle
from gatehouse.config import config
from gatehouse.dynamodb import ConditionFailed, Key, batch_get, conditional_write
from gatehouse.errors import InvalidToken, TokenExpired
from gatehouse.sessions.flows import is_valid, renewed_expiry, revoke
from gatehouse.sessions.model import RefreshToken, Session
from gatehouse.sessions.table import SessionRow, epoch_key, session_key
from gatehouse.telemetry import count_metric, logger

_ATTEMPTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Refreshed:
    """A refreshed session, its next refresh token, and the extra rows."""

    session: Session
    refresh_token: str
    extra_rows: list[Any]


def use_refresh_token(text: str, *extra_keys: Key) -> Refreshed:
    """Use a refresh token. It gets the same response again until its successor is used; an older one ends the session.

    Raises InvalidToken, TokenExpired, TooManyRequests.
    """
    token = RefreshToken.parse(text)
    for attempt in range(_ATTEMPTS):
        row, extra_rows = _find_live(token, extra_keys)
        if not attempt:
            throttle.consume(config().rate_limit_refresh, *refresh_counter(token.session_id))
        generations_behind = row.generation - token.generation
        if generations_behind == 0 and not _rotate(row):
            continue
        if generations_behind not in {0, 1}:
            _revoke_reused(token)
        issued = RefreshToken.issue(row.user_id, row.session_id, row.generation, row.secret_hash)
        return Refreshed(session=row.to_session(), refresh_token=str(issued), extra_rows=extra_rows)
    raise InvalidToken


def end_by_refresh_token(text: str) -> bool:
    """Delete the session of a refresh token, however old that is; False when there is none."""
    try:
        token = RefreshToken.parse(text)
        with suppress(TokenExpired):  # raised only for a token that was valid
            _find_live(token, ())
    except InvalidToken:
        return False
    return revoke(token.user_id, token.session_id)


def refresh_counter(session_id: str) -> tuple[str, ...]:
    """Return the key of a session's refresh counter."""
    return "refresh", session_id


def unverified_user_id(text: str) -> str:
    """Return the user id in a refresh token, unverified; raises InvalidToken."""
    return RefreshToken.parse(text).user_id


def _find_live(token: RefreshToken, extra_keys: tuple[Key, ...]) -> tuple[SessionRow, list[Any]]:
    row, epoch, keyring, *extra_rows = batch_get(
        session_key(token.user_id, token.session_id), epoch_key(token.user_id), keys.keyring_key(), *extra_keys
    )
    keys.update_cache(keyring)
    if not is_valid(row, epoch):
        raise InvalidToken
    token.check(row.secret_hash)
    if row.expires_at <= clock.now():
        raise TokenExpired
    return row, extra_rows


def _rotate(row: SessionRow) -> bool:
    """Start the next generation; False when another request just did."""
    now, generation = clock.now(), row.generation
    actions: list[Action] = [SessionRow.generation.set(generation + 1)]
    expires_at: datetime | None = renewed_expiry(row.to_session(), now)
    if expires_at:
        actions += [SessionRow.expires_at.set(expires_at), SessionRow.updated_at.set(now)]
    try:
        with conditional_write():
            row.update(actions, condition=SessionRow.generation == generation)
    except ConditionFailed:
        return False
    return True


def _revoke_reused(token: RefreshToken) -> None:
    from gatehouse import audit  # noqa: PLC0415 -- its client is slow to import, and few requests need it

    revoke(token.user_id, token.session_id)
    logger.warning("refresh token reused", user_id=token.user_id, session_id=token.session_id)
    count_metric("RefreshReuse")
    audit.try_record("refresh token reused", actor="refresh", user_id=token.user_id, session=token.session_id)
    raise InvalidToken
