"""Rate limits that hold across instances: a counter with a fixed window for each key, in the `limits` table.

A request costs one conditional write, and a second one when it is not the first of its window. Refused requests do not
extend the window.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.attributes import TTLAttribute, UnicodeAttribute
from pynamodb.exceptions import PynamoDBException, VerboseClientError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from gatehouse import clock
from gatehouse.attributes import IntegerAttribute
from gatehouse.config import config
from gatehouse.dynamodb import SCHEMA, Key, Row, TableName, connection
from gatehouse.errors import ServiceUnavailable, TooManyRequests
from gatehouse.query import batch_delete
from gatehouse.setting_types import Rate
from gatehouse.telemetry import logger


class LimitRow(Row):
    """A counter and the end of its window, in milliseconds."""

    class Meta:
        table_name = TableName(lambda: config().limits_table)

    key = UnicodeAttribute(hash_key=True)
    calls = IntegerAttribute()
    ends_at = IntegerAttribute()
    expires_at = TTLAttribute()


def consume(rate: Rate, *key: str, fail_closed: bool = False) -> LimitRow | None:
    """Count one request for `key`; raises TooManyRequests, and counts nothing, when it exceeds `rate`.

    When the table cannot be written the request passes, or with `fail_closed` raises ServiceUnavailable. Returns the
    counter for `refund`, or None when rate limits are off.
    """
    if config().rate_limits == "off":
        return None
    with _handling_outage(key[0], fail_closed=fail_closed):
        return _consume("|".join(key), rate)
    return None


def refund(counter: LimitRow | None) -> None:
    """Take one request back if its window has not ended; raises ServiceUnavailable when the table cannot be written."""
    if counter is None:
        return
    with _handling_outage(counter.key.partition("|")[0], fail_closed=True):
        same = (LimitRow.ends_at == counter.ends_at) & (LimitRow.calls > 0)
        _update(counter.key, [LimitRow.calls.add(-1)], same)


def counter_key(*key: str) -> Key:
    """Return the key of a counter's row."""
    return LimitRow, "|".join(key), None


def add_calls(calls: int, ends_at: int, *key: str) -> bool:
    """Add calls to the counter of the window that ends at `ends_at`, in Unix milliseconds; returns whether it could be
    written.
    """
    name = "|".join(key)
    add: list[Action] = [LimitRow.calls.add(calls)]
    begin: list[Action] = [
        LimitRow.schema.set(SCHEMA),
        LimitRow.calls.set(calls),
        LimitRow.ends_at.set(ends_at),
        LimitRow.expires_at.set(datetime.fromtimestamp(ends_at // 1000, UTC)),
    ]
    begun, over = LimitRow.ends_at == ends_at, LimitRow.key.does_not_exist() | (LimitRow.ends_at < ends_at)
    with _handling_outage(key[0], fail_closed=False):
        for actions, condition in ((add, begun), (begin, over), (add, begun)):
            if _update(name, actions, condition)[0]:
                break
        return True
    return False


def client_network(ip: str) -> str:
    """Return the network of one client: an IPv6 /64, an IPv4 address, also when mapped into IPv6."""
    try:
        address: IPv4Address | IPv6Address = ip_address(ip)
    except ValueError:
        return ip
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return f"{IPv6Address(int(address) >> 64 << 64)}/64"
    return str(address)


def pseudonym(text: str) -> str:
    """Return a hash of `text`, so that keys do not contain it."""
    return sha256(text.encode()).hexdigest()[:32]


def delete_counters(*names: tuple[str, ...]) -> None:
    """Delete counters by their keys, whether or not they exist."""
    batch_delete(LimitRow, [{"key": {"S": "|".join(name)}} for name in names])


def empty_counters(*names: tuple[str, ...]) -> None:
    """Delete counters; when the table cannot be written they stay, until their windows end."""
    if config().rate_limits == "off":
        return
    with _handling_outage(names[0][0], fail_closed=False):
        delete_counters(*names)


def check_reachable() -> None:
    """Read a row that does not exist; raises what PynamoDB raises when DynamoDB is unavailable."""
    try:
        LimitRow.get("health")
    except LimitRow.DoesNotExist:
        return


@contextmanager
def _handling_outage(limit: str, *, fail_closed: bool) -> Iterator[None]:
    """Log any failure of the table; with `fail_closed` raise ServiceUnavailable instead of passing."""
    try:
        yield
    except (BotoCoreError, ClientError, PynamoDBException):
        logger.exception("rate limiter unavailable", limit=limit)
        if fail_closed:
            raise ServiceUnavailable from None


def _consume(name: str, rate: Rate) -> LimitRow:
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
    """Return whether the condition held, and the counter: after the update, or as it was."""
    request: dict[str, Any] = LimitRow._get_connection().get_operation_kwargs(  # noqa: SLF001 -- the seam of `Row`
        key,
        actions=actions,
        condition=condition,
        return_values="ALL_NEW",
        return_values_on_condition_failure="ALL_OLD",
    )
    try:
        response = connection().dispatch("UpdateItem", request)
    except VerboseClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        was = error.__cause__.response.get("Item")  # type: ignore[union-attr] # always botocore's
        return False, LimitRow.from_raw_data(was) if was else LimitRow(key, calls=0, ends_at=_now())
    return True, LimitRow.from_raw_data(response["Attributes"])


def _now() -> int:
    return int(clock.now().timestamp() * 1000)


def _seconds_until(ends_at: int) -> int:
    return max(1, -(-(ends_at - _now()) // 1000))
