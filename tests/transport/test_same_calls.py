"""Our transport sends what botocore's client sends, and makes of each answer and error what that makes of it."""

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
from tests.transport.botocores import QUICK, ClientPair, both, told
from tests.transport.shapes import ANSWERS, ERRORS, ITEMS, REASONS, REQUESTS

every_operation = pytest.mark.parametrize("operation", REQUESTS)
KEY: dict[str, Any] = {"TableName": "T", "Key": {"sk": {"S": "x"}}}
PRINTABLE = text(characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)


@pytest.fixture(scope="module")
def pair() -> ClientPair:
    """Both clients, whose sockets nobody needs."""
    return both()


# -- What is sent ------------------------------------------------------------------------


@QUICK
@given(
    body=binary(max_size=40),
    keys=tuples(PRINTABLE, PRINTABLE, one_of(just(""), PRINTABLE)),
    place=tuples(
        sampled_from(["http", "https"]), sampled_from(["h.example", "h.example:8000"]), sampled_from(["/", "/x/"])
    ),
    scope=tuples(sampled_from(["eu-west-1", "us-gov-east-1"]), sampled_from(["dynamodb", "secretsmanager"])),
    moment=datetimes(),
)
def test_the_signature_is_botocores(body: bytes, keys: Any, place: Any, scope: Any, moment: Any) -> None:
    region, service = scope
    access_key, secret_key, token = keys
    scheme, host, path = place
    headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "DynamoDB_20120810.GetItem"}
    request = AWSRequest("POST", f"{scheme}://{host}{path}", headers=headers, data=body)
    with patch("botocore.auth.get_current_datetime", lambda: moment):
        SigV4Auth(BotocoresCredentials(access_key, secret_key, token or None), service, region).add_auth(request)
    with patch("gatehouse.transport.signing.time.gmtime", lambda _: moment.timetuple()):
        credentials = Credentials(access_key=access_key, secret_key=secret_key, token=token)
        ours = sign_headers(
            headers, body, host=host, path=path, region=region, service=service, credentials=credentials, now=0
        )

    assert ours == dict(request.headers.items())


@every_operation
def test_a_request_is_botocores_to_the_byte(pair: ClientPair, operation: str) -> None:
    @QUICK
    @given(REQUESTS[operation])
    def check(parameters: dict[str, Any]) -> None:
        if operation == "TransactWriteItems":
            parameters = {"ClientRequestToken": "t"} | parameters
        pair.theirs(operation, parameters, told({}))
        ((theirs, body),) = pair.sent
        pair.ours(operation, parameters, told({}))
        ((headers, own_body),) = pair.sent

        assert own_body == body
        same = ("Content-Type", "X-Amz-Target", "X-Amz-Security-Token", "Accept-Encoding")
        assert {name: headers[name] for name in same} == {name: theirs.get(name, "identity") for name in same}

    check()


def test_a_transaction_has_one_name_for_all_its_attempts(pair: ClientPair, pauses: list[float]) -> None:
    """DynamoDB knows it again by that, and so does nothing twice."""
    for _ in range(2):
        pair.ours("TransactWriteItems", {"TransactItems": []}, told({}, 500), told({}))
    names = [json.loads(body)["ClientRequestToken"] for _, body in pair.sent]

    assert len(pauses) == 2
    assert len(names) == 2
    assert len(set(names)) == 1


def test_two_transactions_have_two_names(pair: ClientPair) -> None:
    names = set()
    for _ in range(2):
        pair.ours("TransactWriteItems", {"TransactItems": []}, told({}))
        names.add(json.loads(pair.sent[0][1])["ClientRequestToken"])

    assert len(names) == 2


def test_an_operation_that_nobody_described_is_not_called(pair: ClientPair) -> None:
    """Its binary values would come back as text."""
    with pytest.raises(NotImplementedError):
        pair.ours("TransactGetItems", {"TransactItems": []}, told({}))

    assert pair.sent == []


# -- What is made of an answer -----------------------------------------------------------


@every_operation
def test_an_answer_is_read_as_botocore_reads_it(pair: ClientPair, operation: str) -> None:
    @QUICK
    @given(ANSWERS[operation])
    def check(answer: dict[str, Any]) -> None:
        asked: dict[str, Any] = (
            {"RequestItems": {}} if "Batch" in operation else {"TransactItems": []} if "Transact" in operation else {}
        )
        theirs = pair.theirs(operation, asked, told(answer))
        ours = pair.ours(operation, asked, told(answer))

        assert ours == theirs
        assert {name: ours[name] for name in answer} == answer

    check()


@QUICK
@given(body=ERRORS, reasons=REASONS, item=one_of(just(None), ITEMS), status=sampled_from([400, 403, 413, 301, 501]))
def test_an_error_is_told_as_botocore_tells_it(
    pair: ClientPair, body: Any, reasons: Any, item: Any, status: int
) -> None:
    if "TransactionCanceled" in body.get("__type", ""):
        body = body | {"CancellationReasons": reasons}
    if "ConditionalCheckFailed" in body.get("__type", "") and item is not None:
        body = body | {"Item": item}

    assert pair.ours("PutItem", {}, told(body, status)) == pair.theirs("PutItem", {}, told(body, status))


@pytest.mark.parametrize("body", [b"", b"<html>busy</html>", b"<nonsense>", b"{}"])
@pytest.mark.parametrize("status", [400, 404, 501])
def test_an_error_that_is_no_json_is_told_as_botocore_tells_it(pair: ClientPair, body: bytes, status: int) -> None:
    assert pair.ours("PutItem", {}, told(body, status)) == pair.theirs("PutItem", {}, told(body, status))


# -- What is tried again -----------------------------------------------------------------


REFUSALS = [
    told({"__type": f"x#{code}", "message": "no"}, status)
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
TROUBLES = [
    EndpointConnectionError(endpoint_url="x"),
    ConnectTimeoutError(endpoint_url="x"),
    ReadTimeoutError(endpoint_url="x"),
    ConnectionClosedError(endpoint_url="x"),
    NoCredentialsError(),
]
EVENTS = one_of(just(told({"Item": {}})), sampled_from(REFUSALS), sampled_from(TROUBLES))


def test_the_same_is_tried_again_after_the_same_pauses(pauses: list[float]) -> None:
    """The quota included, which is small here, so that calls use up what later ones have."""
    pair = both()  # whose quotas nobody needs afterwards

    @QUICK
    @given(lists(lists(EVENTS, min_size=3, max_size=3), max_size=12))
    def check(calls: list[list[Any]]) -> None:
        renew_quotas(pair)
        seen = []
        for ask in (pair.theirs, pair.ours):
            random.seed(1)
            pauses.clear()
            seen.append([(ask("GetItem", KEY, *events), len(pair.sent), [*pauses]) for events in calls])

        assert seen[1] == seen[0]

    check()


def renew_quotas(pair: ClientPair) -> None:
    """30 tokens for each of them."""
    handlers = pair.client.meta.events._emitter._handlers.prefix_search("after-call.dynamodb.x")
    checker = next(one.__self__ for one in handlers if "RetryQuotaChecker" in str(one))
    checker._quota = RetryQuota(initial_capacity=30)
    with patch.object(retries, "CAPACITY", 30):
        pair.own._quota = retries.RetryQuota()


# -- What is not the same, on purpose ----------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [told({"Item": {}}, crc=1), told(b'{"Item": {"sk"'), told(b"[]"), told(b"\xff")],
    ids=["sum", "cut", "list", "text"],
)
def test_an_answer_that_cannot_be_read_is_no_absence(pair: ClientPair, pauses: list[float], answer: Any) -> None:
    """Three times over botocore takes some for an empty result, which would be a session that does not exist."""
    assert pair.ours("GetItem", KEY, answer, answer, answer) in {"ChecksumError", "HTTPClientError"}
    assert len(pauses) == 2
    assert pair.ours("GetItem", KEY, answer, told({"Item": KEY["Key"]}))["Item"] == KEY["Key"]
