"""moto's responses are the same on the direct path and over HTTP, and with and without our speedups."""

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
RETURN_ROW = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
CHANGE = {
    "UpdateExpression": "SET #a = :a, #n = #n + :n, #m.#i = :a REMOVE #d ADD #w :w",
    "ExpressionAttributeNames": {"#a": "title", "#n": "count", "#m": "map", "#i": "inner", "#d": "done", "#w": "words"},
    "ExpressionAttributeValues": {":a": {"S": "changed"}, ":n": {"N": "2"}, ":w": {"SS": ["c"]}},
}
ADD = {"UpdateExpression": "ADD words :w", "ExpressionAttributeValues": {":w": {"SS": ["d"]}}}
OF_ANN = {"KeyConditionExpression": "user_id = :u", "ExpressionAttributeValues": {":u": {"S": "ann"}}}
REQUESTS: list[tuple[str, dict[str, Any]]] = [  # executed in this order on the same tables
    ("PutItem", T | {"Item": ROW}),
    ("PutItem", T | {"Item": OTHER, "ReturnValues": "ALL_OLD", "ReturnConsumedCapacity": "TOTAL"}),
    ("PutItem", T | {"Item": OTHER} | ABSENT),
    ("PutItem", T | {"Item": ROW} | ABSENT | RETURN_ROW),
    ("GetItem", T | {"Key": KEY, "ConsistentRead": True}),
    ("GetItem", T | {"Key": KEY, "ProjectionExpression": "title, #m.inner", "ExpressionAttributeNames": {"#m": "map"}}),
    ("GetItem", T | {"Key": KEY | {"task_id": {"S": "none"}}}),
    ("UpdateItem", T | {"Key": KEY, "ReturnValues": "ALL_NEW"} | CHANGE),
    ("UpdateItem", T | {"Key": KEY, "ReturnValues": "UPDATED_OLD"} | ADD),
    ("UpdateItem", T | {"Key": KEY, "UpdateExpression": "SET title = :none"}),
    ("UpdateItem", T | {"Key": KEY, "UpdateExpression": "no such thing"}),
    ("UpdateItem", T | {"Key": KEY, "ConditionExpression": "title = :t"} | RETURN_ROW | CHANGE),
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
                {"Put": T | {"Item": ROW} | ABSENT | RETURN_ROW},
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


type Send = Callable[[ConnectionPool, str, dict[str, str], bytes], HttpResponse]


def test_the_direct_path_returns_what_the_http_path_returns(cloud: Cloud) -> None:
    over_http = responses(cloud, http_path)

    assert responses(cloud, direct_path) == over_http


def test_speedups_do_not_change_responses(cloud: Cloud) -> None:
    with_speedups = responses(cloud, direct_path)
    with ExitStack() as stack:
        for owner, name, original in ORIGINALS:
            stack.enter_context(patch.object(owner, name, original))
        without = responses(cloud, direct_path)

    assert with_speedups == without


def test_listeners_are_called_with_each_successful_write(cloud: Cloud) -> None:
    received: list[bytes] = []
    with patch.object(cloud._engine, "listeners", [received.append]):
        results = responses(cloud, direct_path)
    successful_writes = [
        sent
        for (operation, sent), (_, *details) in zip(REQUESTS, results, strict=True)
        if len(details) > 1 and not operation.startswith(READS)
    ]

    assert [json.loads(body) for body in received] == successful_writes


def responses(cloud: Cloud, send: Send) -> list[Any]:
    """Return the response to each request, starting with empty tables."""
    cloud.reset()
    pool = ConnectionPool(f"https://{HOST}", connect_seconds=1, read_seconds=1)
    return [response_to(pool, send, operation, sent) for operation, sent in REQUESTS]


def response_to(pool: ConnectionPool, send: Send, operation: str, sent: dict[str, Any]) -> Any:
    """Return the response without date and request id, or the exception's type: moto raises at some requests."""
    headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"DynamoDB_20120810.{operation}"}
    try:
        response = send(pool, "POST", headers, json.dumps(sent).encode())
    except (KeyError, ValueError, OperationNotFoundError) as error:
        return operation, type(error)
    headers_received = {
        name: value for name, value in response.headers.items() if name not in {"date", "x-amzn-requestid"}
    }
    assert response.headers.keys() - headers_received.keys() == {"date", "x-amzn-requestid"}
    return operation, response.status, headers_received, response.body
