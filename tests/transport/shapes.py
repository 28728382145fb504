"""Requests and responses of every operation that the layer uses; attributes are partly named like DynamoDB's types."""

from typing import Any

from hypothesis.strategies import (
    SearchStrategy,
    binary,
    booleans,
    dictionaries,
    fixed_dictionaries,
    floats,
    integers,
    just,
    lists,
    one_of,
    recursive,
    sampled_from,
    text,
)

NAMES = one_of(sampled_from(["B", "BS", "M", "L", "S", "Item", "Keys", "Responses", "sk"]), text(max_size=5))
TABLES = one_of(sampled_from(["B", "Keys", "Item", "UsersTable"]), text(min_size=3, max_size=9))
NUMBERS = integers().map(str)
VALUES: SearchStrategy[Any] = recursive(
    one_of(
        fixed_dictionaries({"S": text(max_size=9)}),
        fixed_dictionaries({"N": NUMBERS}),
        fixed_dictionaries({"B": binary(max_size=9)}),
        fixed_dictionaries({"BOOL": booleans()}),
        just({"NULL": True}),
        fixed_dictionaries({"SS": lists(text(max_size=5), max_size=3)}),
        fixed_dictionaries({"NS": lists(NUMBERS, max_size=3)}),
        fixed_dictionaries({"BS": lists(binary(max_size=5), max_size=3)}),
    ),
    lambda inner: one_of(
        fixed_dictionaries({"L": lists(inner, max_size=3)}),
        fixed_dictionaries({"M": dictionaries(NAMES, inner, max_size=3)}),
    ),
    max_leaves=6,
)
ITEMS = dictionaries(NAMES, VALUES, max_size=4)
CAPACITY = fixed_dictionaries({"TableName": TABLES, "CapacityUnits": floats(0, 400) | integers(0, 400)})


def some(needed: dict[str, SearchStrategy[Any]] | None = None, /, **optional: Any) -> SearchStrategy[dict[str, Any]]:
    """Return the `needed` members, and any of the others."""
    return fixed_dictionaries(needed or {}, optional=optional)


def by_table(strategy: SearchStrategy[Any]) -> SearchStrategy[dict[str, Any]]:
    """Return one value for each of several tables."""
    return dictionaries(TABLES, strategy, max_size=3)


_EXPRESSION = {
    "ExpressionAttributeNames": dictionaries(text(max_size=3), NAMES, max_size=2),
    "ExpressionAttributeValues": ITEMS,
    "ReturnConsumedCapacity": just("TOTAL"),
    "TableName": TABLES,
}
_CONDITION = _EXPRESSION | {"ConditionExpression": text(max_size=9), "ReturnValues": just("ALL_OLD")}
_WRITE = one_of(
    fixed_dictionaries({"PutRequest": fixed_dictionaries({"Item": ITEMS})}),
    fixed_dictionaries({"DeleteRequest": fixed_dictionaries({"Key": ITEMS})}),
)
_KEYS = some(Keys=lists(ITEMS, max_size=3), ConsistentRead=booleans())
_CHANGE = {name: part for name, part in _EXPRESSION.items() if name != "ReturnConsumedCapacity"}
_TRANSACTED = some(
    Put=some(Item=ITEMS, **_CHANGE),
    Update=some(Key=ITEMS, UpdateExpression=text(max_size=9), **_CHANGE),
    Delete=some(Key=ITEMS, **_CHANGE),
    ConditionCheck=some(Key=ITEMS, **_CHANGE),
)
REQUESTS: dict[str, SearchStrategy[dict[str, Any]]] = {
    "BatchGetItem": some({"RequestItems": by_table(_KEYS)}, ReturnConsumedCapacity=just("TOTAL")),
    "BatchWriteItem": some({"RequestItems": by_table(lists(_WRITE, max_size=3))}),
    "DeleteItem": some(Key=ITEMS, **_CONDITION),
    "GetItem": some(TableName=TABLES, Key=ITEMS, ConsistentRead=booleans()),
    "PutItem": some(Item=ITEMS, **_CONDITION),
    "Query": some(
        KeyConditionExpression=text(max_size=9),
        ExclusiveStartKey=ITEMS,
        Limit=integers(1, 100),
        ScanIndexForward=booleans(),
        Select=just("COUNT"),
        **_EXPRESSION,
    ),
    "Scan": some(TableName=TABLES, FilterExpression=text(max_size=9), ExclusiveStartKey=ITEMS),
    "TransactWriteItems": some(
        {"TransactItems": lists(_TRANSACTED, max_size=3)},
        ClientRequestToken=text(min_size=1, max_size=9),
    ),
    "UpdateItem": some(Key=ITEMS, UpdateExpression=text(max_size=9), **_CONDITION),
}
_SINGLE_WRITE = some(Attributes=ITEMS, ConsumedCapacity=CAPACITY)
_ROWS = some(
    Items=lists(ITEMS, max_size=3),
    Count=integers(0, 9),
    ScannedCount=integers(0, 9),
    LastEvaluatedKey=ITEMS,
    ConsumedCapacity=CAPACITY,
)
_CAPACITIES = lists(CAPACITY, max_size=2)
RESPONSES: dict[str, SearchStrategy[dict[str, Any]]] = {
    "BatchGetItem": some(
        Responses=by_table(lists(ITEMS, max_size=3)), UnprocessedKeys=by_table(_KEYS), ConsumedCapacity=_CAPACITIES
    ),
    "BatchWriteItem": some(UnprocessedItems=by_table(lists(_WRITE, max_size=3)), ConsumedCapacity=_CAPACITIES),
    "DeleteItem": _SINGLE_WRITE,
    "GetItem": some(Item=ITEMS, ConsumedCapacity=CAPACITY),
    "PutItem": _SINGLE_WRITE,
    "Query": _ROWS,
    "Scan": _ROWS,
    "TransactWriteItems": some(ConsumedCapacity=_CAPACITIES),
    "UpdateItem": _SINGLE_WRITE,
}
_CODES = ["ValidationException", "TransactionCanceledException", "ConditionalCheckFailedException", "AccessDenied"]
ERRORS = fixed_dictionaries(
    {},
    optional={
        "__type": one_of(
            sampled_from(_CODES),
            sampled_from(_CODES).map(lambda code: f"com.amazonaws.dynamodb.v20120810#{code}"),
            sampled_from(_CODES).map(lambda code: f"{code}:http://internal.amazon.com/x"),
        ),
        "message": text(max_size=9),
        "Message": text(max_size=9),
    },
)
REASONS = lists(
    fixed_dictionaries({"Code": sampled_from(["None", "ConditionalCheckFailed"])}, optional={"Item": ITEMS}), max_size=3
)
