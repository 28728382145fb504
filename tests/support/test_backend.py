"""moto answers on the short way what it answers on the whole way, and with the shortcuts what it answers without."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

from botocore.model import OperationNotFoundError

from gatehouse.transport.connections import ConnectionPool
from gatehouse.transport.http_response import HttpResponse
from gatehouse_dev.cloud import Cloud
from gatehouse_dev.engine import READS
from gatehouse_dev.moto_speedups import ORIGINALS
from tests.support.backend import HOST
from tests.support.transport import direct_path, http_path

T = {"TableName": "TasksTable"}
KEY = {"user_id": {"S": "ann"}, "task_id": {"S": "12"}}
ROW = KEY | {
    "title": {"S": "Ein Ümlaut 🌵"},
    "count": {"N": "12.50"},
    "done": {"BOOL": False},
    "nothing": {"NULL": True},
    "raw": {"B": "AAH/"},
    "raws": {"BS": ["AAE=", "/w=="]},
    "words": {"SS": ["a", "b"]},
    "list": {"L": [{"S": "x"}, {"N": "1"}, {"B": "AA=="}]},
    "map": {"M": {"S": {"S": "y"}, "inner": {"M": {"n": {"N": "7"}}}}},
}
OTHER = {"user_id": {"S": "ann"}, "task_id": {"S": "21"}, "title": {"S": "other"}}
ABSENT = {"ConditionExpression": "attribute_not_exists(#k)", "ExpressionAttributeNames": {"#k": "task_id"}}
TELL_ROW = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
CHANGE = {
    "UpdateExpression": "SET #a = :a, #n = #n + :n, #m.#i = :a REMOVE #d ADD #w :w",
    "ExpressionAttributeNames": {"#a": "title", "#n": "count", "#m": "map", "#i": "inner", "#d": "done", "#w": "words"},
    "ExpressionAttributeValues": {":a": {"S": "changed"}, ":n": {"N": "2"}, ":w": {"SS": ["c"]}},
}
ADD = {"UpdateExpression": "ADD words :w", "ExpressionAttributeValues": {":w": {"SS": ["d"]}}}
OF_ANN = {"KeyConditionExpression": "user_id = :u", "ExpressionAttributeValues": {":u": {"S": "ann"}}}
REQUESTS: list[tuple[str, dict[str, Any]]] = [  # each on what the ones before it have left
    ("PutItem", T | {"Item": ROW}),
    ("PutItem", T | {"Item": OTHER, "ReturnValues": "ALL_OLD", "ReturnConsumedCapacity": "TOTAL"}),
    ("PutItem", T | {"Item": OTHER} | ABSENT),
    ("PutItem", T | {"Item": ROW} | ABSENT | TELL_ROW),
    ("GetItem", T | {"Key": KEY, "ConsistentRead": True}),
    ("GetItem", T | {"Key": KEY, "ProjectionExpression": "title, #m.inner", "ExpressionAttributeNames": {"#m": "map"}}),
    ("GetItem", T | {"Key": KEY | {"task_id": {"S": "none"}}}),
    ("UpdateItem", T | {"Key": KEY, "ReturnValues": "ALL_NEW"} | CHANGE),
    ("UpdateItem", T | {"Key": KEY, "ReturnValues": "UPDATED_OLD"} | ADD),
    ("UpdateItem", T | {"Key": KEY, "UpdateExpression": "SET title = :none"}),
    ("UpdateItem", T | {"Key": KEY, "UpdateExpression": "no such thing"}),
    ("UpdateItem", T | {"Key": KEY, "ConditionExpression": "title = :t"} | TELL_ROW | CHANGE),
    ("Query", T | OF_ANN | {"ScanIndexForward": False}),
    ("Query", T | OF_ANN | {"Limit": 1}),
    ("Query", T | OF_ANN | {"Limit": 1, "ExclusiveStartKey": KEY}),
    ("Query", T | OF_ANN | {"Select": "COUNT"}),
    ("Query", T | OF_ANN | {"FilterExpression": "begins_with(title, :u)"}),
    ("Query", T | OF_ANN | {"IndexName": "no_such_index"}),
    ("Query", T | {"KeyConditionExpression": "user_id > :u"}),
    ("BatchGetItem", {"RequestItems": {"TasksTable": {"Keys": [KEY, KEY | {"task_id": {"S": "none"}}]}}}),
    ("BatchGetItem", {"RequestItems": {"TasksTable": {"Keys": [KEY, KEY]}}}),
    ("BatchWriteItem", {"RequestItems": {"TasksTable": [{"PutRequest": {"Item": ROW | {"task_id": {"S": "3"}}}}]}}),
    ("TransactWriteItems", {"TransactItems": [{"Update": T | {"Key": KEY} | CHANGE}, {"Delete": T | {"Key": OTHER}}]}),
    (
        "TransactWriteItems",
        {
            "ClientRequestToken": "t",
            "TransactItems": [
                {"Update": T | {"Key": KEY} | ADD | {"ExpressionAttributeValues": {":w": {"SS": ["e"]}}}},
                {"Put": T | {"Item": ROW} | ABSENT | TELL_ROW},
                {"ConditionCheck": T | {"Key": KEY} | ABSENT},
            ],
        },
    ),
    ("TransactWriteItems", {"TransactItems": [{"Put": T | {"Item": ROW}}, {"Delete": T | {"Key": KEY}}]}),
    ("PutItem", T | {"Item": KEY | {"task_id": {"S": ""}}}),
    ("PutItem", T | {"Item": {"user_id": {"S": "ann"}}}),
    ("PutItem", T | {"Item": KEY | {"task_id": {"N": "1"}}}),
    ("PutItem", T | {"Item": KEY | {"long": {"S": "x" * 500_000}}}),
    ("PutItem", {"TableName": "NoTable", "Item": ROW}),
    ("UpdateItem", T | {"Key": KEY, "UpdateExpression": "SET a = b", "ConditionExpression": "(("}),
    ("Scan", T),
    ("DeleteItem", T | {"Key": KEY, "ReturnValues": "ALL_OLD"}),
    ("DeleteItem", T | {"Key": KEY, "ConditionExpression": "attribute_exists(title)"}),
    ("DescribeTable", T),
    ("NoSuchOperation", T),
]


type Way = Callable[[ConnectionPool, str, dict[str, str], bytes], HttpResponse]


def test_the_short_way_tells_what_the_whole_way_tells(cloud: Cloud) -> None:
    whole = answers(cloud, http_path)

    assert answers(cloud, direct_path) == whole


def test_shortcuts_lead_to_the_same_answers(cloud: Cloud) -> None:
    short = answers(cloud, direct_path)
    with ExitStack() as stack:
        for owner, name, original in ORIGINALS:
            stack.enter_context(patch.object(owner, name, original))
        without = answers(cloud, direct_path)

    assert short == without


def test_whoever_listens_hears_of_each_write(cloud: Cloud) -> None:
    heard: list[bytes] = []
    with patch.object(cloud._engine, "listeners", [heard.append]):
        told = answers(cloud, direct_path)
    answered = [
        sent
        for (operation, sent), (_, *known) in zip(REQUESTS, told, strict=True)
        if len(known) > 1 and not operation.startswith(READS)
    ]

    assert [json.loads(body) for body in heard] == answered


def answers(cloud: Cloud, way: Way) -> list[Any]:
    """What is told of each request, beginning with empty tables."""
    cloud.reset()
    lines = ConnectionPool(f"https://{HOST}", connect_seconds=1, read_seconds=1)
    return [outcome(lines, way, operation, sent) for operation, sent in REQUESTS]


def outcome(lines: ConnectionPool, way: Way, operation: str, sent: dict[str, Any]) -> Any:
    """All of an answer but the moment and the number; some requests are too much for moto, on either way."""
    headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"DynamoDB_20120810.{operation}"}
    try:
        answer = way(lines, "POST", headers, json.dumps(sent).encode())
    except (KeyError, ValueError, OperationNotFoundError) as error:
        return operation, type(error)
    told = {name: value for name, value in answer.headers.items() if name not in {"date", "x-amzn-requestid"}}
    assert answer.headers.keys() - told.keys() == {"date", "x-amzn-requestid"}
    return operation, answer.status, told, answer.body
