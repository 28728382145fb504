"""DynamoDB access for all tables: one client, consistent batch reads, and transactions with retries."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import fields
from functools import cache
from threading import Thread
from typing import Any, NamedTuple, Self

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.attributes import Attribute
from pynamodb.connection.base import Connection, MetaTable
from pynamodb.connection.table import TableConnection
from pynamodb.constants import NULL
from pynamodb.exceptions import PynamoDBException, TransactWriteError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

from gatehouse.attributes import IntegerAttribute
from gatehouse.config import ConfigurationError, config
from gatehouse.retries import back_off, retrying
from gatehouse.transport import ATTEMPTS, CONNECT_SECONDS, READ_SECONDS

type TransactItem = Callable[[TransactWrite], None]
type Key = tuple[type["Row"], str, str | None]

SCHEMA = 1
_ATTEMPTS = 8
_WARM_UP_SECONDS = 2.0  # seconds
_TIMEOUTS: dict[str, Any] = {"connect_timeout_seconds": CONNECT_SECONDS, "read_timeout_seconds": READ_SECONDS}
_RETRIES: Any = {"mode": "standard", "total_max_attempts": ATTEMPTS}
_RETRYABLE_REASONS = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}


class ConditionFailed(Exception):
    """The condition of a write did not hold; nothing was written."""


class TransactionConflict(Exception):
    """A transaction conflicted with other requests in every attempt; nothing was written."""


@cache
def connection() -> Connection:
    """Return the process's one connection: over botocore, or our own transport where set."""
    if config().transport == "own":
        from gatehouse.transport.client import OwnConnection  # noqa: PLC0415 -- only with this setting
        from gatehouse.transport.config import DYNAMODB, settings  # noqa: PLC0415 -- the same

        if endpoint := settings(DYNAMODB):
            return retrying(OwnConnection)(endpoint)
    return retrying(Connection)(**_TIMEOUTS, retry_configuration=_RETRIES)


class TableName(NamedTuple):
    """A row class's table name, read on use: not every function has every table's setting."""

    read: Callable[[], str]

    def __get__(self, _meta: object, _kind: type) -> str:
        return self.read()


class Row(Model):
    """The base class of all rows. PynamoDB gives each model a client of its own; ours share one.

    `schema` is the version of the row's format: a stored row outlives the code that wrote it.
    """

    schema = IntegerAttribute(attr_name="v", default=SCHEMA)

    def to[T](self, kind: type[T], **given: Any) -> T:
        """Return a dataclass `kind`: the row's attributes of the fields' names, but for the values `given`."""
        names = {field.name for field in fields(kind) if field.name not in given}  # type: ignore[arg-type]
        return kind(**{name: getattr(self, name) for name in names}, **given)

    @classmethod
    def _get_connection(cls) -> TableConnection:
        if cls._connection is None or cls._connection.connection is not connection():
            name, schema = cls.Meta.table_name, cls._get_schema()
            table = TableConnection(name)
            table.connection = connection()
            if name not in table.connection._tables:  # noqa: SLF001 -- there is no public way to ask
                keys = {"KeySchema": schema["key_schema"], "AttributeDefinitions": schema["attribute_definitions"]}
                table.connection.add_meta_table(MetaTable({"TableName": name} | keys))
            cls._connection = table
        return cls._connection

    @classmethod
    def _instantiate(cls, attribute_values: dict[str, dict[str, Any]]) -> Self:
        """Return a row from a response. PynamoDB is slower: it sets every default twice and through descriptors."""
        row = cls.__new__(cls)
        row.attribute_values = {
            name: value
            for name, attribute in cls.get_attributes().items()
            if (value := _deserialize(attribute, attribute_values.get(attribute.attr_name))) is not None
        }
        return row


def warm_up(request: Callable[[], object] | None) -> None:
    """Create the client and open the connection by calling `request`, within two seconds.

    Without a `request`, our own transport opens the connection and sends nothing.
    """
    client = connection().client
    for row in Row.__subclasses__():
        with suppress(ConfigurationError):  # this function has no setting for the table
            row._get_connection()  # noqa: SLF001 -- the seam of `Row`
    if request := request or getattr(client, "open", None):
        # In a thread, because its retries may take longer than init is allowed to.
        thread = Thread(target=_quietly, args=(request,), daemon=True)
        thread.start()
        thread.join(_WARM_UP_SECONDS)


def close() -> None:
    """Close open connections; the next call opens them again."""
    connection().client.close()


def batch_get(*keys: Key) -> list[Any]:
    """Return the rows of `keys`, in their order, by one consistent BatchGetItem; None for each missing row."""
    requested: dict[str, list[dict[str, Any]]] = {}
    for row, pk, sk in keys:
        requested.setdefault(row.Meta.table_name, []).append(_key(row, pk, sk))
    found = _batch_get_item({table: {"Keys": names, "ConsistentRead": True} for table, names in requested.items()})
    return [_select(found.get(row.Meta.table_name, []), row, _key(row, pk, sk)) for row, pk, sk in keys]


def transact(*changes: TransactItem) -> None:
    """Write all `changes` or none; raises ConditionFailed, or TransactionConflict when every attempt conflicted."""
    for attempt in range(_ATTEMPTS):
        try:
            with TransactWrite(connection=connection()) as transaction:
                for change in changes:
                    change(transaction)
        except TransactWriteError as error:
            reasons = {reason.code for reason in error.cancellation_reasons if reason}
            if "ConditionalCheckFailed" in reasons:
                raise ConditionFailed from None
            if not reasons & _RETRYABLE_REASONS:
                raise
            back_off(attempt)
        else:
            return
    raise TransactionConflict


def put(row: Row, condition: Condition | None = None) -> TransactItem:
    """Write a whole row."""
    return lambda transaction: transaction.save(row, condition=condition)


def update(row: Row, *actions: Action, condition: Condition) -> TransactItem:
    """Update attributes of the row with the key of `row`."""
    return lambda transaction: transaction.update(row, list(actions), condition=condition)


def check(key: Key, condition: Condition) -> TransactItem:
    """Check a condition on the row at `key` and write nothing."""
    row, pk, sk = key
    return lambda transaction: transaction.condition_check(row, pk, sk, condition=condition)


def delete(row: Row, condition: Condition | None = None) -> TransactItem:
    """Delete the row with the key of `row`, if it exists."""
    return lambda transaction: transaction.delete(row, condition=condition)


def retry_if_changed[T](action: Callable[[], T]) -> T:
    """Return the result of `action`, run again while what it read has changed before it wrote: on ConditionFailed.

    Raises TransactionConflict when every attempt failed.
    """
    for attempt in range(_ATTEMPTS):
        try:
            return action()
        except ConditionFailed:
            back_off(attempt)
    raise TransactionConflict


@contextmanager
def conditional_write() -> Iterator[None]:
    """Run one conditional write of a row; raises ConditionFailed when its condition did not hold."""
    try:
        yield
    except PynamoDBException as error:
        if error.cause_response_code == "ConditionalCheckFailedException":
            raise ConditionFailed from None
        raise


def _deserialize(attribute: Attribute[Any], found: dict[str, Any] | None) -> Any:
    """Return the value of an attribute as read, or its default when it is absent."""
    if found and NULL not in found:
        return attribute.deserialize(attribute.get_value(found))
    return attribute.default() if callable(attribute.default) else attribute.default


def _quietly(request: Callable[[], object]) -> None:
    # The first call that needs the connection will report the error.
    with suppress(BotoCoreError, ClientError, PynamoDBException, TransactionConflict):
        request()


def _key(row: type[Row], pk: str, sk: str | None) -> dict[str, Any]:
    key: dict[str, Any] = row.get_operation_kwargs_from_class(pk, range_key=sk)["Key"]
    return key


def _batch_get_item(request: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for attempt in range(_ATTEMPTS):
        answer = connection().dispatch("BatchGetItem", {"RequestItems": request})
        for table, items in answer["Responses"].items():
            found.setdefault(table, []).extend(items)
        request = answer.get("UnprocessedKeys") or {}
        if not request:
            return found
        back_off(attempt)
    raise TransactionConflict


def _select(items: list[dict[str, Any]], row: type[Row], key: dict[str, Any]) -> Row | None:
    return next((row.from_raw_data(item) for item in items if key.items() <= item.items()), None)
