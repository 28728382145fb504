"""The table of differences in docs/local.md: each request is sent to the engine under test, moto or another one."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from gatehouse_dev.cloud import Cloud
from gatehouse_dev.stream_records import StreamReader
from tests.support.layout import ROOT
from tests.support.second_dynamodb import CHOSEN

HEAD = "| request | DynamoDB | moto | ministack | by |"
ENGINE = {None: "moto", "ministack": "ministack"}.get(CHOSEN, "DynamoDB")
TASKS, TOKENS, OWNER = "TasksTable", "TokensTable", "somebody"
LARGE = 390_000  # bytes, which an item may have

type Item = dict[str, dict[str, Any]]


def documented() -> dict[str, dict[str, str]]:
    """Return the outcomes of each request by engine."""
    _, _, after = (ROOT / "docs/local.md").read_text(encoding="utf-8").partition(HEAD + "\n")
    lines = [line.strip("| ").split(" | ") for line in after.partition("\n\n")[0].splitlines()[1:]]
    return {line[0]: dict(zip(HEAD.strip("| ").split(" | "), line, strict=True)) for line in lines}


def key(name: str = "a") -> Item:
    """Return the key of a task."""
    return {"user_id": {"S": OWNER}, "task_id": {"S": name}}


def put(db: Any, name: str = "a", **attributes: dict[str, Any]) -> Any:
    """Write a task."""
    return db.put_item(TableName=TASKS, Item=key(name) | attributes)


def update(expression: str, **values: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of an update."""
    given = {"ExpressionAttributeValues": {f":{name}": value for name, value in values.items()}} if values else {}
    return {"TableName": TASKS, "Key": key(), "UpdateExpression": expression, **given}


def query(db: Any, condition: str = "user_id = :owner", **more: Any) -> Any:
    """Query the owner's tasks; `more` are parameters, and values in lower case."""
    values = {f":{name}": more.pop(name) for name in list(more) if name.islower()} | {":owner": {"S": OWNER}}
    return db.query(TableName=TASKS, KeyConditionExpression=condition, ExpressionAttributeValues=values, **more)


def query_to_the_limit(db: Any) -> str:
    """Return the attribute that announces another page."""
    put(db, "a")
    put(db, "b")
    return "`LastEvaluatedKey`" if "LastEvaluatedKey" in query(db, Limit=2) else "no `LastEvaluatedKey`"


def write_large_transaction(db: Any) -> None:
    """Write 12 items of almost 400 KB."""
    write_texts(db, "x" * LARGE, 12)


def write_texts(db: Any, text: str, number: int) -> None:
    """Write items in a transaction."""
    items = [key(str(one)) | {"text": {"S": text}} for one in range(number)]
    db.transact_write_items(TransactItems=[{"Put": {"TableName": TASKS, "Item": item}} for item in items])


def grow_in_transaction(db: Any) -> None:
    """Add 20 KB to an item of almost 400 KB."""
    put(db, text={"S": "x" * LARGE})
    db.transact_write_items(TransactItems=[{"Update": update("SET more = :more", more={"S": "x" * 20_000})}])


def store_number(db: Any) -> str:
    """Return how a number is stored."""
    put(db, number={"N": "1.500"})
    return f"`{db.get_item(TableName=TASKS, Key=key())['Item']['number']['N']}`"


def repeat_token(db: Any) -> None:
    """Send two transactions with the same token."""
    for name in ("a", "b"):
        change = {"Put": {"TableName": TASKS, "Item": key(name)}}
        db.transact_write_items(TransactItems=[change], ClientRequestToken="token")


def batch_write(db: Any) -> None:
    """Write 26 items at once."""
    writes = [{"PutRequest": {"Item": key(str(number))}} for number in range(26)]
    db.batch_write_item(RequestItems={TASKS: writes})


def count_records(db: Any, cloud: Cloud) -> str:
    """Return the number of stream records of the second of two equal writes."""
    reader, counts = StreamReader(cloud, TOKENS), []
    for _ in range(2):
        db.put_item(TableName=TOKENS, Item={"subject": {"S": "a"}, "purpose": {"S": "b"}})
        counts.append(len(reader.read_new()))
    return str(counts[1] - counts[0])


def charged(db: Any) -> str:
    """Return the units charged for an item of two units in one local index."""
    item = key() | {"title_order": {"S": "x" * 600}, "text": {"S": "x" * 1000}}
    answer = db.put_item(TableName=TASKS, Item=item, ReturnConsumedCapacity="TOTAL")
    return str(int(answer["ConsumedCapacity"]["CapacityUnits"]))


REQUESTS: dict[str, Callable[[Any], Any]] = {
    "a `Query` whose last item is at its limit": query_to_the_limit,
    "reading a sort key of 1025 bytes": lambda db: db.get_item(TableName=TASKS, Key=key("x" * 1025)),
    "`BETWEEN` with reversed bounds": lambda db: query(
        db, "user_id = :owner AND task_id BETWEEN :low AND :high", low={"S": "b"}, high={"S": "a"}
    ),
    "a start key outside of the key condition": lambda db: query(
        db, "user_id = :owner AND task_id > :low", low={"S": "b"}, ExclusiveStartKey=key("a")
    ),
    "a transaction of more than 4 MB": write_large_transaction,
    "a transaction of less, whose JSON would be more with escapes": lambda db: write_texts(db, "\ufdfa" * 100_000, 10),
    "a transaction in which an item grows over 400 KB": grow_in_transaction,
    "another transaction with the token of the last one": repeat_token,
    "a batch of 26 writes": batch_write,
    "an index key of another type": lambda db: put(db, due_order={"N": "1"}),
    "a number of 39 digits": lambda db: put(db, number={"N": "1" * 39}),
    "the number 1.500": store_number,
    "a set with a member twice": lambda db: put(db, names={"SS": ["a", "a"]}),
    "an expression of more than 4 KB": lambda db: query(
        db, FilterExpression=" OR ".join(["attribute_exists(title)"] * 200)
    ),
    "`SET` and `REMOVE` of one attribute": lambda db: db.update_item(**update("SET a = :a REMOVE a", a={"S": "a"})),
    "units of a 1.6 KB item in one local index": charged,
}


@pytest.mark.parametrize("request_name", [*REQUESTS, "stream records of a write that changes nothing"])
def test_the_documented_difference_exists(cloud: Cloud, request_name: str) -> None:
    """A difference that an engine's new version mends has to leave the table."""
    db = cloud.client("dynamodb")
    send = REQUESTS.get(request_name) or (lambda db: count_records(db, cloud))
    try:
        outcome = send(db)
    except ClientError as error:
        outcome = f"`{error.response['Error']['Code']}`"

    assert (outcome if isinstance(outcome, str) else "accepted") == documented()[request_name][ENGINE]


def test_the_table_has_these_requests_only() -> None:
    assert documented().keys() - REQUESTS.keys() == {"stream records of a write that changes nothing"}
