"""Meters the consumption of DynamoDB from requests and stored items.

moto's figures of consumed capacity are not used: they do not depend on sizes.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from botocore.client import BaseClient

from gatehouse_dev.cloud import Cloud
from tests.costs.schema import Schema
from tests.costs.sizes import (
    LARGEST_RESPONSE,
    Item,
    batch_units,
    item_size,
    query_units,
    transaction_units,
    write_units,
)
from tests.costs.sums import Addable
from tests.support import aws_calls

type Call = Callable[[str, dict[str, Any]], Any]  # of any operation
type RowKey = tuple[str, dict[str, Any]]  # a table and a key


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost(Addable):
    """Consumption of DynamoDB: round trips, items and bytes read, units."""

    trips: int = 0
    items: int = 0
    bytes: int = 0
    read: float = 0
    write: int = 0


class Meter:
    """Sums up the cost of DynamoDB calls while it counts. `other_calls` are those to other services."""

    def __init__(self, cloud: Cloud) -> None:
        """Read the tables' keys and indexes from the template."""
        self._schema = Schema(cloud)
        self.indexes = self._schema.indexes
        self.cost = Cost()
        self.other_calls = list[tuple[str, dict[str, Any]]]()

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Start from zero and count the calls inside; `cost` has the sum."""
        self.cost, self.other_calls = Cost(), []
        real = BaseClient._make_api_call  # type: ignore[attr-defined] # all operations pass through it

        def count(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
            if client.meta.service_model.signing_name != "dynamodb":
                self.other_calls.append((operation, parameters))
                return real(client, operation, parameters)
            return self._counted(lambda *call: real(client, *call), operation, parameters)

        with patch.object(BaseClient, "_make_api_call", count):
            yield

    def _counted(self, send: Call, operation: str, parameters: dict[str, Any]) -> Any:
        match operation:
            case "GetItem" | "BatchGetItem":
                response = send(operation, parameters)
                self.cost += _read_cost(parameters, response)
            case "Query":
                response = send(operation, parameters)
                self.cost += self._query(send, parameters, response)
            case "PutItem" | "UpdateItem" | "DeleteItem" | "BatchWriteItem" | "TransactWriteItems":
                return self._written(send, operation, parameters)
            case _:
                raise AssertionError(f"no price for {operation}")
        return response

    def _query(self, send: Call, parameters: dict[str, Any], response: dict[str, Any]) -> Cost:
        assert parameters["ConsistentRead"]
        if not _returns_all(parameters):
            with _unmetered():
                response = send("Query", _unfiltered(parameters))
        index = self._schema.index(parameters["TableName"], parameters.get("IndexName"))
        read_items = [index.entry(item) or {} for item in response["Items"]] if index else response["Items"]
        size = sum(map(item_size, read_items))
        assert size <= LARGEST_RESPONSE, "DynamoDB would have split the result"
        return Cost(trips=1, items=len(read_items), bytes=size, read=query_units(read_items))

    def _written(self, send: Call, operation: str, parameters: dict[str, Any]) -> Any:
        """Execute a write and count its units. A write with a failed condition is billed too."""
        keys = list(self._row_keys(parameters))
        units = transaction_units if operation == "TransactWriteItems" else write_units
        before = _rows(send, keys)
        try:
            return send(operation, parameters)
        finally:
            write = sum(
                units(old, new) + sum(index.units(old, new) for index in self.indexes[table])
                for (table, _), old, new in zip(keys, before, _rows(send, keys), strict=True)
            )
            self.cost += Cost(trips=1, write=write)

    def _row_keys(self, parameters: dict[str, Any]) -> Iterator[RowKey]:
        """Return the key of each row that a request writes."""
        for change in parameters.get("TransactItems", ()):
            ((_, row),) = change.items()
            yield row["TableName"], self._schema.key(row["TableName"], row.get("Key") or row["Item"])
        for table, changes in parameters.get("RequestItems", {}).items():
            for change in changes:
                ((_, row),) = change.items()
                yield table, self._schema.key(table, row.get("Key") or row["Item"])
        if "TableName" in parameters:
            named = parameters.get("Key") or parameters["Item"]
            yield parameters["TableName"], self._schema.key(parameters["TableName"], named)


@contextmanager
def _unmetered() -> Iterator[None]:
    """Keep the meter's own calls out of the function's recorded calls."""
    token = aws_calls._current.set(None)
    try:
        yield
    finally:
        aws_calls._current.reset(token)


def _rows(send: Call, keys: list[RowKey]) -> list[Any]:
    """Return the current rows of these keys; None for a missing row."""
    requested: dict[str, dict[str, Any]] = {}
    for table, key in keys:
        requested.setdefault(table, {"Keys": [], "ConsistentRead": True})["Keys"].append(key)
    with _unmetered():
        found = send("BatchGetItem", {"RequestItems": requested})["Responses"]
    return [next((row for row in found[table] if key.items() <= row.items()), None) for table, key in keys]


def _read_cost(parameters: dict[str, Any], response: dict[str, Any]) -> Cost:
    """Return the cost of a BatchGetItem or a GetItem; an eventually consistent GetItem costs half."""
    if "RequestItems" not in parameters:
        found: list[Item] = [response["Item"]] if "Item" in response else []
        requested, share = 1, 1 if parameters.get("ConsistentRead") else 0.5
    else:
        assert all(batch["ConsistentRead"] for batch in parameters["RequestItems"].values())
        assert not response.get("UnprocessedKeys")
        found = [item for items in response["Responses"].values() for item in items]
        requested, share = sum(len(batch["Keys"]) for batch in parameters["RequestItems"].values()), 1
    read = batch_units(found, requested - len(found)) * share
    return Cost(trips=1, items=len(found), bytes=sum(map(item_size, found)), read=read)


def _returns_all(parameters: Mapping[str, Any]) -> bool:
    return not parameters.keys() & {"FilterExpression", "Select", "ProjectionExpression"}


def _unfiltered(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the query without filters and projections, and without names that it then does not use."""
    used = set(re.findall(r"[#:]\w+", parameters["KeyConditionExpression"]))
    removed = {"FilterExpression", "Select", "ProjectionExpression"}
    query = {name: value for name, value in parameters.items() if name not in removed}
    for part in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
        query[part] = {name: value for name, value in query[part].items() if name in used}
    return query
