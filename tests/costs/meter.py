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
from tests.costs.schema import Schema
from tests.costs.sizes import LARGEST_ANSWER, Item, batch_units, item_size, query_units, transaction_units, write_units
from tests.costs.sums import Addable
from tests.support import aws_calls

type Call = Callable[[str, dict[str, Any]], Any]  # of any operation
type Place = tuple[str, dict[str, Any]]  # a table and a key in it


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost(Addable):
    """What was taken: round trips, items and bytes that were looked at, units."""

    trips: int = 0
    items: int = 0
    bytes: int = 0
    read: float = 0
    write: int = 0


class Meter:
    """The cost of what is asked of DynamoDB while it counts; `elsewhere` is what other services were asked."""

    def __init__(self, cloud: Cloud) -> None:
        """Knows the tables' keys and indexes from the template."""
        self._schema = Schema(cloud)
        self.indexes = self._schema.indexes
        self.cost = Cost()
        self.elsewhere = list[tuple[str, dict[str, Any]]]()

    @contextmanager
    def counting(self) -> Iterator[None]:
        """From nothing; `cost` has the sum."""
        self.cost, self.elsewhere = Cost(), []
        real = BaseClient._make_api_call  # type: ignore[attr-defined] # where all operations pass

        def noted(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
            if client.meta.service_model.service_name != "dynamodb":
                self.elsewhere.append((operation, parameters))
                return real(client, operation, parameters)
            return self._counted(lambda *asked: real(client, *asked), operation, parameters)

        with patch.object(BaseClient, "_make_api_call", noted):
            yield

    def _counted(self, ask: Call, operation: str, parameters: dict[str, Any]) -> Any:
        match operation:
            case "GetItem" | "BatchGetItem":
                response = ask(operation, parameters)
                self.cost += _got(parameters, response)
            case "Query":
                response = ask(operation, parameters)
                self.cost += self._query(ask, parameters, response)
            case "PutItem" | "UpdateItem" | "DeleteItem" | "BatchWriteItem" | "TransactWriteItems":
                return self._written(ask, operation, parameters)
            case _:
                raise AssertionError(f"no price for {operation}")
        return response

    def _query(self, ask: Call, parameters: dict[str, Any], response: dict[str, Any]) -> Cost:
        assert parameters["ConsistentRead"]
        if not _tells_all(parameters):
            with _aside():
                response = ask("Query", _unfiltered(parameters))
        index = self._schema.index(parameters["TableName"], parameters.get("IndexName"))
        looked_at = [index.entry(item) or {} for item in response["Items"]] if index else response["Items"]
        size = sum(map(item_size, looked_at))
        assert size <= LARGEST_ANSWER, "DynamoDB would have stopped before"
        return Cost(trips=1, items=len(looked_at), bytes=size, read=query_units(looked_at))

    def _written(self, ask: Call, operation: str, parameters: dict[str, Any]) -> Any:
        """Units for each row; what its condition refuses is paid for, too."""
        places = list(self._places(parameters))
        units = transaction_units if operation == "TransactWriteItems" else write_units
        before = _rows(ask, places)
        try:
            return ask(operation, parameters)
        finally:
            write = sum(
                units(old, new) + sum(index.units(old, new) for index in self.indexes[table])
                for (table, _), old, new in zip(places, before, _rows(ask, places), strict=True)
            )
            self.cost += Cost(trips=1, write=write)

    def _places(self, parameters: dict[str, Any]) -> Iterator[Place]:
        """Of each row that a request writes."""
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
def _aside() -> Iterator[None]:
    """What only the meter asks is no act of the function."""
    token = aws_calls._current.set(None)
    try:
        yield
    finally:
        aws_calls._current.reset(token)


def _rows(ask: Call, places: list[Place]) -> list[Any]:
    """The rows at these places, as they are now; None for one that is not there."""
    wanted: dict[str, dict[str, Any]] = {}
    for table, key in places:
        wanted.setdefault(table, {"Keys": [], "ConsistentRead": True})["Keys"].append(key)
    with _aside():
        found = ask("BatchGetItem", {"RequestItems": wanted})["Responses"]
    return [next((row for row in found[table] if key.items() <= row.items()), None) for table, key in places]


def _got(parameters: dict[str, Any], response: dict[str, Any]) -> Cost:
    """Of a GetItem, which may be content with what was true a moment ago, at half the price, or a BatchGetItem."""
    if "RequestItems" not in parameters:
        found: list[Item] = [response["Item"]] if "Item" in response else []
        asked, share = 1, 1 if parameters.get("ConsistentRead") else 0.5
    else:
        assert all(wanted["ConsistentRead"] for wanted in parameters["RequestItems"].values())
        assert not response.get("UnprocessedKeys")
        found = [item for items in response["Responses"].values() for item in items]
        asked, share = sum(len(wanted["Keys"]) for wanted in parameters["RequestItems"].values()), 1
    read = batch_units(found, asked - len(found)) * share
    return Cost(trips=1, items=len(found), bytes=sum(map(item_size, found)), read=read)


def _tells_all(parameters: Mapping[str, Any]) -> bool:
    return not parameters.keys() & {"FilterExpression", "Select", "ProjectionExpression"}


def _unfiltered(parameters: dict[str, Any]) -> dict[str, Any]:
    """The same query, so that it answers all that it looks at; unused names would be refused."""
    used = set(re.findall(r"[#:]\w+", parameters["KeyConditionExpression"]))
    left_out = {"FilterExpression", "Select", "ProjectionExpression"}
    query = {name: value for name, value in parameters.items() if name not in left_out}
    for part in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
        query[part] = {name: value for name, value in query[part].items() if name in used}
    return query
