"""Trusted devices: browsers in which the second factor was given once, and is not asked for thirty days.

A password change, a reset, the end of all sessions and turning the second factor off advance the user's epoch, which
ends all trust with them. Turning another method on ends it, too.
"""

import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from pynamodb.expressions.update import Action

from gatehouse import clock, keys
from gatehouse.accounts.factor_rows import TrustedDeviceRow, query_trusted_devices, trusted_device_key
from gatehouse.accounts.table import ProfileRow
from gatehouse.dynamodb import ConditionFailed, TransactItem, batch_get, conditional_write, put
from gatehouse.sessions import ClientInfo

LIFETIME = timedelta(days=30)
_LONGEST_ADDRESS, _LONGEST_AGENT = 45, 500
_TOKEN = re.compile(r"(?P<user_id>[0-9a-f-]{36})(?P<device_id>[\w-]{22})(?P<secret>[\w-]{43})", re.ASCII)
_ID = re.compile(r"[\w-]{22}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedDevice:
    """A trusted device as its owner may see it."""

    id: str
    created_at: datetime
    used_at: datetime
    expires_at: datetime
    ip_address: str
    user_agent: str


def trust(user_id: str, epoch: int, client: ClientInfo) -> tuple[str, TransactItem]:
    """Return the token of a device that is trusted from now on, and the write that trusts it."""
    device_id, secret, now = secrets.token_urlsafe(16), secrets.token_urlsafe(32), clock.now()
    row = TrustedDeviceRow(
        *trusted_device_key(user_id, device_id)[1:],
        token_hash=_hash(secret),
        epoch=epoch,
        created_at=max(now, keys.not_before()),
        used_at=now,
        expires_at=_expiry(now),
        ip_address=client.ip_address[:_LONGEST_ADDRESS],
        user_agent=client.user_agent[:_LONGEST_AGENT],
    )
    return f"{user_id}{device_id}{secret}", put(row)


def use_trust(profile: ProfileRow, client: ClientInfo) -> str | None:
    """Return the next token of the trusted device that a client comes from; None when it is not trusted.

    A token counts once: an older one is a copy. Cookies are checked by the cached keyring.
    """
    for match in _tokens(client.trusted_devices):
        if match["user_id"] == profile.user_id and (row := _find(profile, match["device_id"], match["secret"])):
            return _renew(row, client)
    return None


def trusted_devices(profile: ProfileRow) -> list[TrustedDevice]:
    """Return the trusted devices of a user, the latest used first."""
    if not profile.two_factor:
        return []
    rows = [row for row in query_trusted_devices(profile.user_id) if _is_trusted(row, profile)]
    devices = [row.to(TrustedDevice, id=row.device_id.partition("#")[2]) for row in rows]
    return sorted(devices, key=lambda device: device.used_at, reverse=True)


def revoke_trust(user_id: str, device_id: str) -> bool:
    """End the trust in a device; False when there is none with this id."""
    if not _ID.fullmatch(device_id):
        return False
    row = TrustedDeviceRow(*trusted_device_key(user_id, device_id)[1:])
    try:
        with conditional_write():
            row.delete(condition=TrustedDeviceRow.token_hash.exists())
    except ConditionFailed:
        return False
    return True


def device_of(cookies: Iterable[str], user_id: str) -> str | None:
    """Return the id of the trusted device that a browser says it is. It is only shown: no signature is checked."""
    parsed = (_TOKEN.fullmatch(cookie.rpartition(".")[0]) for cookie in cookies)
    return next((match["device_id"] for match in parsed if match and match["user_id"] == user_id), None)


def _find(profile: ProfileRow, device_id: str, secret: str) -> TrustedDeviceRow | None:
    row: TrustedDeviceRow | None
    (row,) = batch_get(trusted_device_key(profile.user_id, device_id))
    known = row is not None and hmac.compare_digest(row.token_hash, _hash(secret))
    return row if known and row and _is_trusted(row, profile) else None


def _is_trusted(row: TrustedDeviceRow, profile: ProfileRow) -> bool:
    since = profile.two_factor_since
    return (
        bool(since and row.epoch == profile.epoch and row.created_at >= since and row.expires_at > clock.now())
        and row.created_at >= keys.not_before()
    )


def _renew(row: TrustedDeviceRow, client: ClientInfo) -> str | None:
    """Return the next token of a device; None when another request was faster."""
    secret, now = secrets.token_urlsafe(32), clock.now()
    same = TrustedDeviceRow.token_hash == row.token_hash
    actions: list[Action] = [
        TrustedDeviceRow.token_hash.set(_hash(secret)),
        TrustedDeviceRow.used_at.set(now),
        TrustedDeviceRow.expires_at.set(_expiry(now)),
        TrustedDeviceRow.ip_address.set(client.ip_address[:_LONGEST_ADDRESS]),
        TrustedDeviceRow.user_agent.set(client.user_agent[:_LONGEST_AGENT]),
    ]
    try:
        with conditional_write():
            row.update(actions, condition=same)
    except ConditionFailed:
        return None
    return f"{row.user_id}{row.device_id.partition('#')[2]}{secret}"


def _tokens(cookies: Iterable[str]) -> Iterable[re.Match[str]]:
    for cookie in cookies:
        try:
            signed = keys.parse_signed(cookie)
        except ValueError:
            continue
        if (match := _TOKEN.fullmatch(signed.text)) and signed.is_authentic():
            yield match


def _hash(secret: str) -> bytes:
    return sha256(secret.encode()).digest()


def _expiry(now: datetime) -> datetime:
    return (now + LIFETIME).replace(microsecond=0)
