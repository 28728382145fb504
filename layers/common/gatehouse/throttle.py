"""Rate limits that hold across instances: a counter in `limits` for each key, which begins anew when its window ends.

A request costs one conditional write, and a second one when it is not the first of its window. What is refused extends
nothing.
"""

from datetime import timedelta
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from pynamodb.attributes import TTLAttribute, UnicodeAttribute
from pynamodb.exceptions import VerboseClientError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from gatehouse import clock
from gatehouse.config import Rate, config
from gatehouse.dynamodb import Key, Row, Whole, connection, is_outage
from gatehouse.errors import TooManyRequests
from gatehouse.telemetry import logger


class LimitRow(Row):
    """How many came since the window began; times in milliseconds."""

    class Meta:
        table_name = config().limits_table

    key = UnicodeAttribute(hash_key=True)
    calls = Whole()
    ends_at = Whole()
    expires_at = TTLAttribute()


def count_against(rate: Rate, *key: str, closed: bool = False) -> None:
    """One more for `key`; raises TooManyRequests, and counts nothing, when that would be more than `rate` allows.

    When DynamoDB is away everybody passes, unless the door is to stay `closed` then.
    """
    if config().rate_limits == "off":
        return
    try:
        _count("|".join(key), rate)
    except Exception as error:
        if closed or not is_outage(error):
            raise
        logger.warning("limiter away", limit=key[0])


def counted(*key: str) -> list[Key]:
    """Where the counter of `key` is, to be read together with other rows; nowhere while nothing is counted."""
    return [] if config().rate_limits == "off" else [(LimitRow, "|".join(key), None)]


def is_reached(row: LimitRow | None, rate: Rate) -> int:
    """The seconds until the window of a counter that was read ends, when it is full; else 0."""
    if row is None or row.ends_at <= _now() or row.calls < rate.calls:
        return 0
    return _seconds_until(row.ends_at)


def address_of(ip: str) -> str:
    """What one customer has of an IP address: IPv6 by its /64, an IPv4 address within IPv6 as itself."""
    try:
        address: IPv4Address | IPv6Address = ip_address(ip)
    except ValueError:
        return ip
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return f"{IPv6Address(int(address) >> 64 << 64)}/64"
    return str(address)


def hidden(text: str) -> str:
    """A name for something that keys should not spell out."""
    return sha256(text.encode()).hexdigest()[:32]


def probe() -> None:
    """Raises what PynamoDB raises when DynamoDB does not answer; there is no such row."""
    try:
        LimitRow.get("health")
    except LimitRow.DoesNotExist:
        return


def _count(name: str, rate: Rate) -> None:
    now = _now()
    ends_at = now + rate.seconds * 1000
    running = _update(
        name,
        [
            LimitRow.calls.set(1),
            LimitRow.ends_at.set(ends_at),
            LimitRow.expires_at.set(clock.now() + timedelta(seconds=rate.seconds)),
        ],
        LimitRow.key.does_not_exist() | (LimitRow.ends_at <= now),
    )
    if running is None:
        return
    fits = (LimitRow.calls < rate.calls) & (LimitRow.ends_at == running.ends_at)
    if running.calls >= rate.calls or _update(name, [LimitRow.calls.add(1)], fits) is not None:
        raise TooManyRequests(_seconds_until(running.ends_at))


def _update(key: str, actions: list[Action], condition: Condition) -> LimitRow | None:
    """Update a counter; what it was when the condition did not hold."""
    request: dict[str, Any] = LimitRow._get_connection().get_operation_kwargs(  # noqa: SLF001 -- the seam of `Row`
        key, actions=actions, condition=condition, return_values_on_condition_failure="ALL_OLD"
    )
    try:
        connection().dispatch("UpdateItem", request)
    except VerboseClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        return LimitRow.from_raw_data(error.__cause__.response["Item"])  # type: ignore[union-attr] # always botocore's
    return None


def _now() -> int:
    return int(clock.now().timestamp() * 1000)


def _seconds_until(ends_at: int) -> int:
    return max(1, -(-(ends_at - _now()) // 1000))
