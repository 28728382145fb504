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
from botocore.retries.standard import ThrottledRetryableChecker, TransientRetryableChecker
from hypothesis import example, given, settings
from hypothesis.strategies import binary, characters, datetimes, fixed_dictionaries, just, lists, sampled_from, text

from gatehouse.transport import retries
from gatehouse.transport.config import DYNAMODB, SECRETS_MANAGER, Service
from gatehouse.transport.credentials import Credentials
from gatehouse.transport.signing import sign_headers
from tests.transport.client_pair import KEY, QUICK, ClientPair, dynamodb_response
from tests.transport.shapes import SERVICES, errors, model, values

PRINTABLE = text(characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)
KEYS = fixed_dictionaries({"access_key": PRINTABLE, "secret_key": PRINTABLE, "token": just("") | PRINTABLE})
COMPARED_HEADERS = ("Content-Type", "X-Amz-Target", "X-Amz-Security-Token", "Accept-Encoding")


@pytest.fixture(scope="module")
def pairs() -> dict[Service, ClientPair]:
    """Both clients of each service."""
    return {service: ClientPair(service) for service in (DYNAMODB, SECRETS_MANAGER)}


@pytest.fixture
def pair(pairs: dict[Service, ClientPair]) -> ClientPair:
    """Both clients of DynamoDB."""
    return pairs[DYNAMODB]


@QUICK
@given(
    body=binary(max_size=40),
    keys=KEYS,
    host=sampled_from(["h.example", "h.example:8000"]),
    path=sampled_from(["/", "/x/"]),
    region=sampled_from(["eu-west-1", "us-gov-east-1"]),
    service=sampled_from([DYNAMODB.name, SECRETS_MANAGER.name]),
    time=datetimes(),
)
def test_the_signature_equals_botocores(body: bytes, keys: Any, time: Any, **scope: str) -> None:
    headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "DynamoDB_20120810.GetItem"}
    request = AWSRequest("POST", f"https://{scope['host']}{scope['path']}", headers=headers, data=body)
    botocores = BotocoresCredentials(keys["access_key"], keys["secret_key"], keys["token"] or None)
    with patch("botocore.auth.get_current_datetime", lambda: time):
        SigV4Auth(botocores, scope["service"], scope["region"]).add_auth(request)
    with patch("gatehouse.transport.signing.time.gmtime", lambda _: time.timetuple()):
        signed = sign_headers(headers, body, **scope, credentials=Credentials(**keys), now=0)

    assert signed == dict(request.headers.items())


@pytest.mark.parametrize("operation", SERVICES)
def test_requests_and_responses_equal_botocores(pairs: dict[Service, ClientPair], operation: str) -> None:
    """Requests to the byte."""
    service = SERVICES[operation]
    description: Any = model(service).operation_model(operation)

    @QUICK
    @given(values(description.input_shape), values(description.output_shape))
    def check(parameters: dict[str, Any], response: dict[str, Any]) -> None:
        if operation == "TransactWriteItems":
            parameters = {"ClientRequestToken": "t"} | parameters
        expected, actual = pairs[service].both(operation, parameters, dynamodb_response(response))
        (((expected_headers, expected_body),), ((headers, body),)) = expected.sent, actual.sent

        assert body == expected_body
        assert [headers[name] for name in COMPARED_HEADERS] == [
            expected_headers.get(name, "identity") for name in COMPARED_HEADERS
        ]
        assert f"/eu-west-1/{service.name}/aws4_request" in headers["Authorization"]
        assert actual.result == expected.result
        assert {name: actual.result[name] for name in response} == response

    check()


@pytest.mark.parametrize("operation", ["PutItem", "GetSecretValue"])
def test_errors_equal_botocores(pairs: dict[Service, ClientPair], operation: str) -> None:
    """Also where a proxy responds."""
    service = SERVICES[operation]
    bodies = errors(service) | sampled_from([b"", b"<html>busy</html>", b"<nonsense>", b"{}"])

    @settings(QUICK, max_examples=60)
    @given(bodies, sampled_from([301, 400, 403, 404, 413, 501]))
    def check(body: Any, status: int) -> None:
        expected, actual = pairs[service].both(operation, {}, dynamodb_response(body, status))
        assert actual.result == expected.result

    check()


def test_a_transaction_has_a_token_of_its_own_in_all_attempts(pair: ClientPair, pauses: list[float]) -> None:
    """DynamoDB deduplicates retries by it."""
    responses = dynamodb_response({}, 500), dynamodb_response({})
    calls = [pair.call(pair.own, "TransactWriteItems", {"TransactItems": []}, *responses) for _ in range(2)]
    first, *others = [json.loads(body)["ClientRequestToken"] for call in calls for _, body in call.sent]

    assert [one == first for one in others] == [True, False, False]
    assert others[1] == others[2]
    assert len(pauses) == 2


def test_an_operation_without_a_description_is_refused(pair: ClientPair) -> None:
    """Its binary values would be returned as text."""
    with pytest.raises(NotImplementedError):
        pair.call(pair.own, "TransactGetItems", {"TransactItems": []})


# -- Retries -----------------------------------------------------------------------------


REFUSALS = {
    "ThrottlingException": 400,
    "ProvisionedThroughputExceededException": 400,
    "LimitExceededException": 400,
    "ValidationException": 400,
    "ConditionalCheckFailedException": 400,
    "InternalServerError": 500,
    "ServiceUnavailable": 503,
    "Unknown": 501,
}
EVENTS: list[Any] = [
    *(dynamodb_response({"__type": f"x#{code}", "message": "no"}, status) for code, status in REFUSALS.items()),
    EndpointConnectionError(endpoint_url="x"),
    ConnectTimeoutError(endpoint_url="x"),
    ReadTimeoutError(endpoint_url="x"),
    ConnectionClosedError(endpoint_url="x"),
    NoCredentialsError(),
]
CALLS = lists(just(dynamodb_response({"Item": {}})) | sampled_from(EVENTS), min_size=3, max_size=3)


def test_the_same_failures_are_retried_after_the_same_pauses(pauses: list[float]) -> None:
    """Including the retry quota, which is small here, so that calls exhaust it for later ones."""
    pair = ClientPair()  # a new one, for its quotas change
    handlers = pair.botocore.meta.events._emitter._handlers.prefix_search("after-call.dynamodb.x")
    checker = next(one.__self__ for one in handlers if "RetryQuotaChecker" in str(one))

    @QUICK
    @example([[ReadTimeoutError(endpoint_url="x")] * 3] * 3)
    @given(lists(CALLS, max_size=12))
    def check(calls: list[list[Any]]) -> None:
        checker._quota = RetryQuota(initial_capacity=30)
        with patch.object(retries, "CAPACITY", 30):
            pair.own._quota = retries.RetryQuota()
        outcomes = []
        for client in (pair.botocore, pair.own):
            random.seed(1)
            pauses.clear()
            found = [pair.call(client, "GetItem", KEY, *events) for events in calls]
            outcomes.append(([(one.result, len(one.sent)) for one in found], [*pauses]))

        assert outcomes[1] == outcomes[0]

    check()


def test_the_retried_codes_and_statuses_are_botocores() -> None:
    throttled: Any = ThrottledRetryableChecker()
    transient: Any = TransientRetryableChecker()

    assert {*retries._CODES} == {*throttled._throttled_error_codes, *transient._transient_error_codes}
    assert {*retries._STATUSES} == {*transient._transient_status_codes}


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
    sound = dynamodb_response({"Item": KEY["Key"]})

    assert pair.call(pair.own, "GetItem", KEY, *[response] * 3).result in {"ChecksumError", "HTTPClientError"}
    assert len(pauses) == 2
    assert pair.call(pair.own, "GetItem", KEY, response, sound).result["Item"] == KEY["Key"]
