"""Our transport sends what botocore's client sends, and returns the same results and errors."""

import json
import random
from typing import Any
from unittest.mock import patch

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoresCredentials
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)
from botocore.retries.quota import RetryQuota
from hypothesis import given
from hypothesis.strategies import binary, characters, datetimes, just, lists, one_of, sampled_from, text, tuples

from gatehouse.transport import retries
from gatehouse.transport.credentials import Credentials
from gatehouse.transport.signing import sign_headers
from tests.transport.client_pair import QUICK, ClientPair, client_pair, dynamodb_response
from tests.transport.shapes import ERRORS, ITEMS, REASONS, REQUESTS, RESPONSES

every_operation = pytest.mark.parametrize("operation", REQUESTS)
KEY: dict[str, Any] = {"TableName": "T", "Key": {"sk": {"S": "x"}}}
PRINTABLE = text(characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)


@pytest.fixture(scope="module")
def pair() -> ClientPair:
    """Both clients, without network."""
    return client_pair()


# -- Requests ----------------------------------------------------------------------------


@QUICK
@given(
    body=binary(max_size=40),
    keys=tuples(PRINTABLE, PRINTABLE, one_of(just(""), PRINTABLE)),
    endpoint=tuples(
        sampled_from(["http", "https"]), sampled_from(["h.example", "h.example:8000"]), sampled_from(["/", "/x/"])
    ),
    scope=tuples(sampled_from(["eu-west-1", "us-gov-east-1"]), sampled_from(["dynamodb", "secretsmanager"])),
    time=datetimes(),
)
def test_the_signature_equals_botocores(body: bytes, keys: Any, endpoint: Any, scope: Any, time: Any) -> None:
    region, service = scope
    access_key, secret_key, token = keys
    scheme, host, path = endpoint
    headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "DynamoDB_20120810.GetItem"}
    request = AWSRequest("POST", f"{scheme}://{host}{path}", headers=headers, data=body)
    with patch("botocore.auth.get_current_datetime", lambda: time):
        SigV4Auth(BotocoresCredentials(access_key, secret_key, token or None), service, region).add_auth(request)
    with patch("gatehouse.transport.signing.time.gmtime", lambda _: time.timetuple()):
        credentials = Credentials(access_key=access_key, secret_key=secret_key, token=token)
        actual = sign_headers(
            headers, body, host=host, path=path, region=region, service=service, credentials=credentials, now=0
        )

    assert actual == dict(request.headers.items())


@every_operation
def test_a_request_equals_botocores_byte_for_byte(pair: ClientPair, operation: str) -> None:
    @QUICK
    @given(REQUESTS[operation])
    def check(parameters: dict[str, Any]) -> None:
        if operation == "TransactWriteItems":
            parameters = {"ClientRequestToken": "t"} | parameters
        pair.call_botocore(operation, parameters, dynamodb_response({}))
        ((expected, body),) = pair.sent
        pair.call_own(operation, parameters, dynamodb_response({}))
        ((headers, actual_body),) = pair.sent

        assert actual_body == body
        names = ("Content-Type", "X-Amz-Target", "X-Amz-Security-Token", "Accept-Encoding")
        assert {name: headers[name] for name in names} == {name: expected.get(name, "identity") for name in names}

    check()


def test_a_transaction_keeps_its_token_over_all_attempts(pair: ClientPair, pauses: list[float]) -> None:
    """DynamoDB deduplicates retries by it."""
    for _ in range(2):
        pair.call_own("TransactWriteItems", {"TransactItems": []}, dynamodb_response({}, 500), dynamodb_response({}))
    tokens = [json.loads(body)["ClientRequestToken"] for _, body in pair.sent]

    assert len(pauses) == 2
    assert len(tokens) == 2
    assert len(set(tokens)) == 1


def test_two_transactions_have_different_tokens(pair: ClientPair) -> None:
    tokens = set()
    for _ in range(2):
        pair.call_own("TransactWriteItems", {"TransactItems": []}, dynamodb_response({}))
        tokens.add(json.loads(pair.sent[0][1])["ClientRequestToken"])

    assert len(tokens) == 2


def test_an_operation_without_a_description_is_refused(pair: ClientPair) -> None:
    """Its binary values would be returned as text."""
    with pytest.raises(NotImplementedError):
        pair.call_own("TransactGetItems", {"TransactItems": []}, dynamodb_response({}))

    assert pair.sent == []


# -- Responses ---------------------------------------------------------------------------


@every_operation
def test_a_response_is_parsed_as_by_botocore(pair: ClientPair, operation: str) -> None:
    @QUICK
    @given(RESPONSES[operation])
    def check(response: dict[str, Any]) -> None:
        parameters: dict[str, Any] = (
            {"RequestItems": {}} if "Batch" in operation else {"TransactItems": []} if "Transact" in operation else {}
        )
        expected = pair.call_botocore(operation, parameters, dynamodb_response(response))
        actual = pair.call_own(operation, parameters, dynamodb_response(response))

        assert actual == expected
        assert {name: actual[name] for name in response} == response

    check()


@QUICK
@given(body=ERRORS, reasons=REASONS, item=one_of(just(None), ITEMS), status=sampled_from([400, 403, 413, 301, 501]))
def test_an_error_is_parsed_as_by_botocore(pair: ClientPair, body: Any, reasons: Any, item: Any, status: int) -> None:
    if "TransactionCanceled" in body.get("__type", ""):
        body = body | {"CancellationReasons": reasons}
    if "ConditionalCheckFailed" in body.get("__type", "") and item is not None:
        body = body | {"Item": item}

    assert pair.call_own("PutItem", {}, dynamodb_response(body, status)) == pair.call_botocore(
        "PutItem", {}, dynamodb_response(body, status)
    )


@pytest.mark.parametrize("body", [b"", b"<html>busy</html>", b"<nonsense>", b"{}"])
@pytest.mark.parametrize("status", [400, 404, 501])
def test_an_error_that_is_no_json_is_parsed_as_by_botocore(pair: ClientPair, body: bytes, status: int) -> None:
    assert pair.call_own("PutItem", {}, dynamodb_response(body, status)) == pair.call_botocore(
        "PutItem", {}, dynamodb_response(body, status)
    )


# -- Retries -----------------------------------------------------------------------------


REFUSALS = [
    dynamodb_response({"__type": f"x#{code}", "message": "no"}, status)
    for code, status in {
        "ThrottlingException": 400,
        "ProvisionedThroughputExceededException": 400,
        "RequestLimitExceeded": 400,
        "TransactionInProgressException": 400,
        "LimitExceededException": 400,
        "ValidationException": 400,
        "ConditionalCheckFailedException": 400,
        "InternalServerError": 500,
        "ServiceUnavailable": 503,
        "Unknown": 501,
    }.items()
]
CONNECTION_ERRORS = [
    EndpointConnectionError(endpoint_url="x"),
    ConnectTimeoutError(endpoint_url="x"),
    ReadTimeoutError(endpoint_url="x"),
    ConnectionClosedError(endpoint_url="x"),
    NoCredentialsError(),
]
EVENTS = one_of(just(dynamodb_response({"Item": {}})), sampled_from(REFUSALS), sampled_from(CONNECTION_ERRORS))


def test_the_same_failures_are_retried_after_the_same_pauses(pauses: list[float]) -> None:
    """Including the retry quota, which is small here, so that calls exhaust it for later ones."""
    pair = client_pair()  # a new one, for it changes the quotas

    @QUICK
    @given(lists(lists(EVENTS, min_size=3, max_size=3), max_size=12))
    def check(calls: list[list[Any]]) -> None:
        renew_quotas(pair)
        outcomes = []
        for call in (pair.call_botocore, pair.call_own):
            random.seed(1)
            pauses.clear()
            outcomes.append([(call("GetItem", KEY, *events), len(pair.sent), [*pauses]) for events in calls])

        assert outcomes[1] == outcomes[0]

    check()


def renew_quotas(pair: ClientPair) -> None:
    """Set both quotas to 30."""
    handlers = pair.client.meta.events._emitter._handlers.prefix_search("after-call.dynamodb.x")
    checker = next(one.__self__ for one in handlers if "RetryQuotaChecker" in str(one))
    checker._quota = RetryQuota(initial_capacity=30)
    with patch.object(retries, "CAPACITY", 30):
        pair.own._quota = retries.RetryQuota()


# -- Deliberate differences --------------------------------------------------------------


@pytest.mark.parametrize(
    "response",
    [
        dynamodb_response({"Item": {}}, crc=1),
        dynamodb_response(b'{"Item": {"sk"'),
        dynamodb_response(b"[]"),
        dynamodb_response(b"\xff"),
    ],
    ids=["checksum", "truncated", "list", "not UTF-8"],
)
def test_a_corrupted_response_is_not_an_empty_result(pair: ClientPair, pauses: list[float], response: Any) -> None:
    """Botocore takes some of them for an empty result, which would mean that the session does not exist."""
    assert pair.call_own("GetItem", KEY, response, response, response) in {"ChecksumError", "HTTPClientError"}
    assert len(pauses) == 2
    assert pair.call_own("GetItem", KEY, response, dynamodb_response({"Item": KEY["Key"]}))["Item"] == KEY["Key"]
