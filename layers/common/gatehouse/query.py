"""Query a partition of a table, and delete many rows."""

from dataclasses import dataclass
from typing import Any

from pynamodb.attributes import Attribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.projection import create_projection_expression

from gatehouse.dynamodb import Row, TransactionConflict, connection
from gatehouse.retries import back_off

_ATTEMPTS = 8
_BATCH_SIZE = 25  # rows that DynamoDB writes in one call


@dataclass(frozen=True, slots=True, kw_only=True)
class QuerySpec:
    """One DynamoDB Query: rows, partition, index, conditions, order, start and limit."""

    row: type[Row]
    partition_key: str
    index: str | None = None
    key_condition: Condition | None = None
    filter_condition: Condition | None = None
    forward: bool = True
    start_key: dict[str, Any] | None = None
    limit: int
    count_only: bool = False
    keys_only: bool = False


def query(spec: QuerySpec) -> dict[str, Any]:
    """Return DynamoDB's response to one consistent Query: `Items`, `Count` and, where there may be more,
    `LastEvaluatedKey`.

    `limit` is the number of rows evaluated before the filter. `count_only` returns only their number, `keys_only` only
    their keys.
    """
    names: dict[str, str] = {}
    values: dict[str, Any] = {}
    key = spec.row._hash_key_attribute() == spec.partition_key  # type: ignore[no-untyped-call] # noqa: SLF001 -- no public name for it
    request = {
        "TableName": spec.row.Meta.table_name,
        "ConsistentRead": True,
        "ScanIndexForward": spec.forward,
        "Limit": spec.limit,
        "KeyConditionExpression": (key & spec.key_condition if spec.key_condition is not None else key).serialize(
            names, values
        ),
    }
    if spec.index:
        request["IndexName"] = spec.index
    if spec.filter_condition is not None:
        request["FilterExpression"] = spec.filter_condition.serialize(names, values)
    if spec.start_key:
        request["ExclusiveStartKey"] = spec.start_key
    if spec.count_only:
        request["Select"] = "COUNT"
    if spec.keys_only:
        own = [attribute for attribute in spec.row.get_attributes().values() if _is_key(attribute)]
        request["ProjectionExpression"] = create_projection_expression(own, names)
    request["ExpressionAttributeNames"] = {placeholder: name for name, placeholder in names.items()}
    request["ExpressionAttributeValues"] = values
    response: dict[str, Any] = connection().dispatch("Query", request)
    return response


def batch_delete(row: type[Row], keys: list[dict[str, Any]]) -> None:
    """Delete rows by their keys, 25 in a call; unprocessed ones are sent again. Raises TransactionConflict when some
    remain.
    """
    table = row.Meta.table_name
    for start in range(0, len(keys), _BATCH_SIZE):
        left = [{"DeleteRequest": {"Key": key}} for key in keys[start : start + _BATCH_SIZE]]
        for attempt in range(_ATTEMPTS):
            response = connection().dispatch("BatchWriteItem", {"RequestItems": {table: left}})
            left = response.get("UnprocessedItems", {}).get(table, [])
            if not left:
                break
            back_off(attempt)
        else:
            raise TransactionConflict


def _is_key(attribute: Attribute[Any]) -> bool:
    return attribute.is_hash_key or attribute.is_range_key
