"""A partition of a table: looking through it, and emptying it."""

from dataclasses import dataclass
from typing import Any

from pynamodb.attributes import Attribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.projection import create_projection_expression

from gatehouse.dynamodb import Contended, Row, connection, pause

_ATTEMPTS = 8
_MOST_AT_ONCE = 25  # rows that DynamoDB writes in one call


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One query: of which rows, by which index, between what, which of them, from where on."""

    row: type[Row]
    partition: str
    index: str | None = None
    within: Condition | None = None
    where: Condition | None = None
    forward: bool = True
    start: dict[str, Any] | None = None
    limit: int
    counts: bool = False
    keys_only: bool = False


def query(ask: Ask) -> dict[str, Any]:
    """What DynamoDB answers to one consistent Query: `Items`, `Count` and, where there may be more, `LastEvaluatedKey`.

    `limit` is how many rows it looks at, not how many of them it finds. `counts` asks for their number alone,
    `keys_only` for nothing but their keys.
    """
    names: dict[str, str] = {}
    values: dict[str, Any] = {}
    key = ask.row._hash_key_attribute() == ask.partition  # type: ignore[no-untyped-call] # noqa: SLF001 -- PynamoDB asks it of its own models
    request = {
        "TableName": ask.row.Meta.table_name,
        "ConsistentRead": True,
        "ScanIndexForward": ask.forward,
        "Limit": ask.limit,
        "KeyConditionExpression": (key & ask.within if ask.within is not None else key).serialize(names, values),
    }
    if ask.index:
        request["IndexName"] = ask.index
    if ask.where is not None:
        request["FilterExpression"] = ask.where.serialize(names, values)
    if ask.start:
        request["ExclusiveStartKey"] = ask.start
    if ask.counts:
        request["Select"] = "COUNT"
    if ask.keys_only:
        own = [attribute for attribute in ask.row.get_attributes().values() if _is_key(attribute)]
        request["ProjectionExpression"] = create_projection_expression(own, names)
    request["ExpressionAttributeNames"] = {placeholder: name for name, placeholder in names.items()}
    request["ExpressionAttributeValues"] = values
    answer: dict[str, Any] = connection().dispatch("Query", request)
    return answer


def remove_all(row: type[Row], keys: list[dict[str, Any]]) -> None:
    """Delete rows by their keys, 25 in a call; what DynamoDB leaves undone is asked again. Raises Contended."""
    table = row.Meta.table_name
    for start in range(0, len(keys), _MOST_AT_ONCE):
        left = [{"DeleteRequest": {"Key": key}} for key in keys[start : start + _MOST_AT_ONCE]]
        for attempt in range(_ATTEMPTS):
            answer = connection().dispatch("BatchWriteItem", {"RequestItems": {table: left}})
            left = answer.get("UnprocessedItems", {}).get(table, [])
            if not left:
                break
            pause(attempt)
        else:
            raise Contended


def _is_key(attribute: Attribute[Any]) -> bool:
    return attribute.is_hash_key or attribute.is_range_key
