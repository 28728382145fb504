"""Challenges: each works once, for five minutes, for one ceremony, and a new passkey's for one user (docs/adr/0036).

Making one writes nothing: anybody may ask for one. It has random bytes, its end, and a MAC; using it writes its hash.
"""

import secrets
from datetime import UTC, datetime, timedelta

from gatehouse import clock, keys
from gatehouse.dynamodb import ConditionFailed, conditional_write
from gatehouse.errors.passkeys import ChallengeNotFound
from gatehouse.passkeys.model import Ceremony, InvalidResponse, decode
from gatehouse.passkeys.table import new_used_challenge

LIFETIME = timedelta(minutes=5)
_RANDOM, _END, _MAC = 12, 4, 16  # bytes
_SIZE = _RANDOM + _END + _MAC


def new_challenge(ceremony: Ceremony, user_id: str = "") -> bytes:
    """Return a challenge, 32 bytes; one for a registration is for a user."""
    end = int((clock.now() + LIFETIME).timestamp()).to_bytes(_END)
    text = secrets.token_bytes(_RANDOM) + end
    return text + keys.mac(keys.CHALLENGE, _mac_message(text, ceremony, user_id))[:_MAC]


def use_challenge(challenge: str, ceremony: Ceremony, user_id: str = "") -> None:
    """Use up a challenge, before anything that depends on it is checked. Raises ChallengeNotFound unless it is one of
    ours for this ceremony and user, in time and unused.
    """
    try:
        given = decode(challenge)
    except InvalidResponse:
        raise ChallengeNotFound from None
    text, mac = given[:-_MAC], given[-_MAC:]
    message = _mac_message(text, ceremony, user_id)
    if len(given) != _SIZE or not keys.matches_latest(keys.CHALLENGE, message, mac, size=_MAC):
        raise ChallengeNotFound
    end = datetime.fromtimestamp(int.from_bytes(text[_RANDOM:]), tz=UTC)
    if end <= clock.now():
        raise ChallengeNotFound
    row = new_used_challenge(given, end)
    try:
        with conditional_write():
            row.save(condition=type(row).subject.does_not_exist())
    except ConditionFailed:
        raise ChallengeNotFound from None


def _mac_message(text: bytes, ceremony: Ceremony, user_id: str) -> bytes:
    return b"\0".join((ceremony.encode(), user_id.encode(), text))
