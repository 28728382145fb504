"""Rate limits that hold across instances: a counter in `limits` for each key, which begins anew when its window ends.

A request costs one conditional write, and a second one when it is not the first of its window. What is refused extends
nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.attributes import TTLAttribute, UnicodeAttribute
from pynamodb.exceptions import PynamoDBException, VerboseClientError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from gatehouse import clock
from gatehouse.config import Rate, config
from gatehouse.dynamodb import SCHEMA, Row, TableName, Whole, connection
from gatehouse.errors import ServiceUnavailable, TooManyRequests
from gatehouse.partitions import remove_all
from gatehouse.telemetry import logger


class LimitRow(Row):
    """How many came since the window began; times in milliseconds."""

    class Meta:
        table_name = TableName(lambda: config().limits_table)

    key = UnicodeAttribute(hash_key=True)
    calls = Whole()
    ends_at = Whole()
    expires_at = TTLAttribute()


def count_against(rate: Rate, *key: str, closed: bool = False) -> LimitRow | None:
    """One more for `key`; raises TooManyRequests, and counts nothing, when that would be more than `rate` allows.

    When the table cannot be written everybody passes, unless the door is to stay `closed` then: ServiceUnavailable.
    What comes back is for `take_back`; None while nothing is counted.
    """
    if config().rate_limits == "off":
        return None
    with _watched(key[0], closed=closed):
        return _count("|".join(key), rate)
    return None


def take_back(counted: LimitRow | None) -> None:
    """One less, after all, if its window still runs; raises ServiceUnavailable when the table cannot be written."""
    if counted is None:
        return
    with _watched(counted.key.partition("|")[0], closed=True):
        same = (LimitRow.ends_at == counted.ends_at) & (LimitRow.calls > 0)
        _update(counted.key, [LimitRow.calls.add(-1)], same)


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


def forget(*names: tuple[str, ...]) -> None:
    """Drop counters by their keys, whether or not they are there."""
    remove_all(LimitRow, [{"key": {"S": "|".join(name)}} for name in names])


def probe() -> None:
    """Raises what PynamoDB raises when DynamoDB does not answer; there is no such row."""
    try:
        LimitRow.get("health")
    except LimitRow.DoesNotExist:
        return


@contextmanager
def _watched(limit: str, *, closed: bool) -> Iterator[None]:
    """Whatever the table does wrong is in the log, for it need not pass by itself; it refuses only a `closed` door."""
    try:
        yield
    except (BotoCoreError, ClientError, PynamoDBException):
        logger.exception("limiter away", limit=limit)
        if closed:
            raise ServiceUnavailable from None


def _count(name: str, rate: Rate) -> LimitRow:
    now = _now()
    begun, row = _update(
        name,
        [
            LimitRow.schema.set(SCHEMA),
            LimitRow.calls.set(1),
            LimitRow.ends_at.set(now + rate.seconds * 1000),
            LimitRow.expires_at.set(clock.now() + timedelta(seconds=rate.seconds)),
        ],
        LimitRow.key.does_not_exist() | (LimitRow.ends_at <= now) | (LimitRow.calls == 0),
    )
    if begun:
        return row
    fits = (LimitRow.calls < rate.calls) & (LimitRow.ends_at > now)
    joined, row = _update(name, [LimitRow.calls.add(1)], fits) if row.calls < rate.calls else (False, row)
    if not joined:
        raise TooManyRequests(_seconds_until(row.ends_at))
    return row


def _update(key: str, actions: list[Action], condition: Condition) -> tuple[bool, LimitRow]:
    """Whether the condition held, and the counter: as it is then, or as it was otherwise."""
    request: dict[str, Any] = LimitRow._get_connection().get_operation_kwargs(  # noqa: SLF001 -- the seam of `Row`
        key,
        actions=actions,
        condition=condition,
        return_values="ALL_NEW",
        return_values_on_condition_failure="ALL_OLD",
    )
    try:
        answer = connection().dispatch("UpdateItem", request)
    except VerboseClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        was = error.__cause__.response.get("Item")  # type: ignore[union-attr] # always botocore's
        return False, LimitRow.from_raw_data(was) if was else LimitRow(key, calls=0, ends_at=_now())
    return True, LimitRow.from_raw_data(answer["Attributes"])


def _now() -> int:
    return int(clock.now().timestamp() * 1000)


def _seconds_until(ends_at: int) -> int:
    return max(1, -(-(ends_at - _now()) // 1000))
