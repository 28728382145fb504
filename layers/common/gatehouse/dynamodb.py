"""DynamoDB, as all tables use it: one client, consistent batches, transactions that try again."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cache
from threading import Thread
from typing import Any, NamedTuple, Self

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.attributes import Attribute
from pynamodb.connection.base import Connection, MetaTable
from pynamodb.connection.table import TableConnection
from pynamodb.constants import NULL, NUMBER
from pynamodb.exceptions import PynamoDBException, TransactWriteError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from gatehouse.config import ConfigurationError, config
from gatehouse.transport import ATTEMPTS, CONNECT_SECONDS, READ_SECONDS

type Change = Callable[[TransactWrite], None]
type Key = tuple[type["Row"], str, str | None]

SCHEMA = 1
_ATTEMPTS = 8
_LONGEST_PAUSE = 1.0  # seconds
_SOON = 2.0  # seconds
_WAITS: dict[str, Any] = {"connect_timeout_seconds": CONNECT_SECONDS, "read_timeout_seconds": READ_SECONDS}
_TRIES: Any = {"mode": "standard", "total_max_attempts": ATTEMPTS}
_PASSING = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}


class ConditionFailed(Exception):
    """A write found its row other than it must be; nothing was written."""


class Contended(Exception):
    """Other requests held the rows through every attempt; nothing was written."""


@cache
def connection() -> Connection:
    """The one connection, and so the one client, of this process: botocore's, or ours where it is set and will do."""
    if config().transport == "own":
        from gatehouse.transport.client import OwnConnection  # noqa: PLC0415 -- not for those who do without
        from gatehouse.transport.config import DYNAMODB, settings  # noqa: PLC0415 -- the same

        if place := settings(DYNAMODB):
            return OwnConnection(place, **_WAITS, retry_configuration=_TRIES)
    return Connection(**_WAITS, retry_configuration=_TRIES)


class TableName(NamedTuple):
    """The name of a row's table, read when it is used: a function imports rows of tables that it has not."""

    read: Callable[[], str]

    def __get__(self, _meta: object, _kind: type) -> str:
        return self.read()


class Whole(Attribute[int]):
    """A whole number."""

    attr_type = NUMBER

    def serialize(self, value: int) -> str:
        """`7` as DynamoDB takes it."""
        return str(value)

    def deserialize(self, value: str) -> int:
        """And back."""
        return int(value)


class Moment(Attribute[datetime]):
    """A UTC time, stored as whole milliseconds since 1970."""

    attr_type = NUMBER

    def serialize(self, value: datetime) -> str:
        """As DynamoDB takes it."""
        return str(round(value.timestamp() * 1000))

    def deserialize(self, value: str) -> datetime:
        """And back."""
        return datetime.fromtimestamp(int(value) / 1000, tz=UTC)


class Row(Model):
    """A row of any table. PynamoDB gives each model a client of its own; ours share one.

    `schema` is the version of the form that the row was written in: a kept table outlives the code that wrote it.
    """

    schema = Whole(attr_name="v", default=SCHEMA)

    @classmethod
    def _get_connection(cls) -> TableConnection:
        if cls._connection is None or cls._connection.connection is not connection():
            name, schema = cls.Meta.table_name, cls._get_schema()
            table = TableConnection(name)
            table.connection = connection()
            if name not in table.connection._tables:  # noqa: SLF001 -- it can add, but not ask
                keys = {"KeySchema": schema["key_schema"], "AttributeDefinitions": schema["attribute_definitions"]}
                table.connection.add_meta_table(MetaTable({"TableName": name} | keys))
            cls._connection = table
        return cls._connection

    @classmethod
    def _instantiate(cls, attribute_values: dict[str, dict[str, Any]]) -> Self:
        """The row that was read. PynamoDB sets every default twice on the way, and all by descriptors."""
        row = cls.__new__(cls)
        row.attribute_values = {
            name: value
            for name, attribute in cls.get_attributes().items()
            if (value := _read(attribute, attribute_values.get(attribute.attr_name))) is not None
        }
        return row


def make_ready(first: Callable[[], object] | None) -> None:
    """Make the client, let all rows know it, and call `first`, which opens its connection, as far as that goes soon.

    For those who may read nothing that is sure not to matter, our own client opens it and asks nothing.
    """
    client = connection().client
    for row in Row.__subclasses__():
        with suppress(ConfigurationError):  # its table is other functions'
            row._get_connection()  # noqa: SLF001 -- the seam of `Row`
    if first := first or getattr(client, "open", None):
        calling = Thread(target=_try, args=(first,), daemon=True)  # it may take all its attempts, init may not
        calling.start()
        calling.join(_SOON)


def hang_up() -> None:
    """Close what is open; the next call opens it anew."""
    connection().client.close()


def get_together(*keys: Key) -> list[Any]:
    """The rows of `keys`, in their order, read consistently in one call; None where there is none."""
    wanted: dict[str, list[dict[str, Any]]] = {}
    for row, pk, sk in keys:
        wanted.setdefault(row.Meta.table_name, []).append(_key(row, pk, sk))
    found = _batch({table: {"Keys": names, "ConsistentRead": True} for table, names in wanted.items()})
    return [_pick(found.get(row.Meta.table_name, []), row, _key(row, pk, sk)) for row, pk, sk in keys]


def transact(*changes: Change) -> None:
    """Make all `changes` or none; raises ConditionFailed, or Contended when others held the rows too long."""
    for attempt in range(_ATTEMPTS):
        try:
            with TransactWrite(connection=connection()) as transaction:
                for change in changes:
                    change(transaction)
        except TransactWriteError as error:
            reasons = {reason.code for reason in error.cancellation_reasons if reason}
            if "ConditionalCheckFailed" in reasons:
                raise ConditionFailed from None
            if not reasons & _PASSING:
                raise
            pause(attempt)
        else:
            return
    raise Contended


def put(row: Row, condition: Condition | None = None) -> Change:
    """Write a whole row."""
    return lambda transaction: transaction.save(row, condition=condition)


def update(row: Row, *actions: Action, condition: Condition) -> Change:
    """Change some attributes of the row with the key of `row`."""
    return lambda transaction: transaction.update(row, list(actions), condition=condition)


def check(key: Key, condition: Condition) -> Change:
    """Nothing but the condition on the row at `key`."""
    row, pk, sk = key
    return lambda transaction: transaction.condition_check(row, pk, sk, condition=condition)


def delete(row: Row, condition: Condition | None = None) -> Change:
    """Remove the row with the key of `row`, if there is one."""
    return lambda transaction: transaction.delete(row, condition=condition)


def pause(attempt: int) -> None:
    """Wait for others to be done: the longer, the more attempts there were, and never as long as they do."""
    time.sleep(random.uniform(0, min(_LONGEST_PAUSE, 0.01 * 2**attempt)))  # noqa: S311 -- jitter, not a secret


@contextmanager
def conditionally() -> Iterator[None]:
    """One write of a row inside; raises ConditionFailed when its own condition refused it."""
    try:
        yield
    except PynamoDBException as error:
        if error.cause_response_code == "ConditionalCheckFailedException":
            raise ConditionFailed from None
        raise


def _read(attribute: Attribute[Any], found: dict[str, Any] | None) -> Any:
    """An attribute's value as it was found, or its default where it was not."""
    if found and NULL not in found:
        return attribute.deserialize(attribute.get_value(found))
    return attribute.default() if callable(attribute.default) else attribute.default


def _try(first: Callable[[], object]) -> None:
    with suppress(BotoCoreError, ClientError, PynamoDBException, Contended):  # who needs it will see
        first()


def _key(row: type[Row], pk: str, sk: str | None) -> dict[str, Any]:
    key: dict[str, Any] = row.get_operation_kwargs_from_class(pk, range_key=sk)["Key"]
    return key


def _batch(request: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for attempt in range(_ATTEMPTS):
        answer = connection().dispatch("BatchGetItem", {"RequestItems": request})
        for table, items in answer["Responses"].items():
            found.setdefault(table, []).extend(items)
        request = answer.get("UnprocessedKeys") or {}
        if not request:
            return found
        pause(attempt)
    raise Contended


def _pick(items: list[dict[str, Any]], row: type[Row], key: dict[str, Any]) -> Row | None:
    return next((row.from_raw_data(item) for item in items if key.items() <= item.items()), None)
