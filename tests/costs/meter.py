"""What calls take of DynamoDB, from the requests that they make and the items that lie there.

moto's own figures of consumed capacity are not used: they do not depend on sizes.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from botocore.client import BaseClient

from gatehouse_dev.cloud import Cloud
from tests.costs.sizes import (
    LARGEST_ANSWER,
    Index,
    Item,
    batch_units,
    item_size,
    query_units,
    transaction_units,
)
from tests.support import record

type Call = Callable[[str, dict[str, Any]], Any]  # of any operation


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What was taken: round trips, items and bytes that were looked at, units."""

    trips: int = 0
    items: int = 0
    bytes: int = 0
    read: int = 0
    write: int = 0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            trips=self.trips + other.trips,
            items=self.items + other.items,
            bytes=self.bytes + other.bytes,
            read=self.read + other.read,
            write=self.write + other.write,
        )


class Meter:
    """The cost of whatever is asked of the DynamoDB of a cloud while it counts."""

    def __init__(self, cloud: Cloud) -> None:
        """Knows the tables' keys and indexes from the template."""
        tables = {cloud.table_name(logical): properties for logical, properties in cloud.template.tables.items()}
        self._keys = {name: _names(properties["KeySchema"]) for name, properties in tables.items()}
        self.indexes = {name: _indexes(properties) for name, properties in tables.items()}
        self.cost = Cost()

    @contextmanager
    def counting(self) -> Iterator[None]:
        """From nothing; `cost` has the sum."""
        self.cost = Cost()
        real = BaseClient._make_api_call  # type: ignore[attr-defined] # where all operations pass

        def noted(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
            if client.meta.service_model.service_name != "dynamodb":
                return real(client, operation, parameters)
            return self._counted(lambda *asked: real(client, *asked), operation, parameters)

        with patch.object(BaseClient, "_make_api_call", noted):
            yield

    def _counted(self, ask: Call, operation: str, parameters: dict[str, Any]) -> Any:
        match operation:
            case "BatchGetItem":
                answer = ask(operation, parameters)
                self.cost += _batch(parameters, answer)
            case "Query":
                answer = ask(operation, parameters)
                self.cost += self._query(ask, parameters, answer)
            case "TransactWriteItems":
                before = self._rows(ask, parameters)
                answer = ask(operation, parameters)
                self.cost += self._transaction(parameters, before, self._rows(ask, parameters))
            case _:
                raise AssertionError(f"no price for {operation}")
        return answer

    def _query(self, ask: Call, parameters: dict[str, Any], answer: dict[str, Any]) -> Cost:
        assert parameters["ConsistentRead"]
        if not _tells_all(parameters):
            with _aside():
                answer = ask("Query", _unfiltered(parameters))
        index = _named(self.indexes[parameters["TableName"]], parameters.get("IndexName"))
        looked_at = [index.entry(item) or {} for item in answer["Items"]] if index else answer["Items"]
        size = sum(map(item_size, looked_at))
        assert size <= LARGEST_ANSWER, "DynamoDB would have stopped before"
        return Cost(trips=1, items=len(looked_at), bytes=size, read=query_units(looked_at))

    def _transaction(self, parameters: dict[str, Any], before: list[Any], after: list[Any]) -> Cost:
        assert before != after
        write = 0
        for (table, _), old, new in zip(self._places(parameters), before, after, strict=True):
            write += transaction_units(old, new) + sum(index.units(old, new) for index in self.indexes[table])
        return Cost(trips=1, write=write)

    def _rows(self, ask: Call, parameters: dict[str, Any]) -> list[Any]:
        """The rows that a transaction names, as they are now; None for one that is not there."""
        places = list(self._places(parameters))
        wanted: dict[str, dict[str, Any]] = {}
        for table, key in places:
            wanted.setdefault(table, {"Keys": [], "ConsistentRead": True})["Keys"].append(key)
        with _aside():
            found = ask("BatchGetItem", {"RequestItems": wanted})["Responses"]
        return [next((row for row in found[table] if key.items() <= row.items()), None) for table, key in places]

    def _places(self, parameters: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        for change in parameters["TransactItems"]:
            ((_, row),) = change.items()
            table, named = row["TableName"], row.get("Key") or row["Item"]
            yield table, {name: named[name] for name in self._keys[table]}


@contextmanager
def _aside() -> Iterator[None]:
    """What only the meter asks is no act of the function."""
    token = record._current.set(None)
    try:
        yield
    finally:
        record._current.reset(token)


def _batch(parameters: dict[str, Any], answer: dict[str, Any]) -> Cost:
    assert all(wanted["ConsistentRead"] for wanted in parameters["RequestItems"].values())
    assert not answer.get("UnprocessedKeys")
    found: list[Item] = [item for items in answer["Responses"].values() for item in items]
    asked = sum(len(wanted["Keys"]) for wanted in parameters["RequestItems"].values())
    size = sum(map(item_size, found))
    return Cost(trips=1, items=len(found), bytes=size, read=batch_units(found, asked - len(found)))


def _tells_all(parameters: dict[str, Any]) -> bool:
    return not parameters.keys() & {"FilterExpression", "Select", "ProjectionExpression"}


def _unfiltered(parameters: dict[str, Any]) -> dict[str, Any]:
    """The same query, so that it answers all that it looks at; unused names would be refused."""
    used = set(re.findall(r"[#:]\w+", parameters["KeyConditionExpression"]))
    left_out = {"FilterExpression", "Select", "ProjectionExpression"}
    query = {name: value for name, value in parameters.items() if name not in left_out}
    for part in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
        query[part] = {name: value for name, value in query[part].items() if name in used}
    return query


def _names(schema: list[dict[str, str]]) -> tuple[str, ...]:
    return tuple(key["AttributeName"] for key in schema)


def _indexes(properties: Mapping[str, Any]) -> tuple[Index, ...]:
    assert "GlobalSecondaryIndexes" not in properties, "no price for global indexes"
    keys = _names(properties["KeySchema"])
    return tuple(
        Index(name=index["IndexName"], key=key, holds=_held(index["Projection"]["ProjectionType"], {*keys, key}))
        for index in properties.get("LocalSecondaryIndexes", ())
        for key in _names(index["KeySchema"])[1:]
    )


def _held(projection: str, keys: set[str]) -> frozenset[str] | None:
    return {"ALL": None, "KEYS_ONLY": frozenset(keys)}[projection]


def _named(indexes: tuple[Index, ...], name: str | None) -> Index | None:
    return next((index for index in indexes if index.name == name), None)
