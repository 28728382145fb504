"""Our transport sends what botocore's client sends, and returns the same results and errors."""

import json
import random
from datetime import datetime
from functools import cache
from typing import Any
from unittest.mock import patch

import pytest
from botocore import auth, exceptions
from botocore.retries.quota import RetryQuota
from botocore.retries.standard import ThrottledRetryableChecker, TransientRetryableChecker
from hypothesis import example, given, settings
from hypothesis.strategies import builds, datetimes, lists, sampled_from

from gatehouse.transport import retries
from gatehouse.transport.config import DYNAMODB, Service
from gatehouse.transport.credentials import Credentials
from tests.transport.client_pair import KEY, KEYS, ROW, ClientPair, dynamodb_response
from tests.transport.shapes import SERVICES, errors, model, values

QUICK = settings(max_examples=20, derandomize=True, database=None, deadline=None)
SIGNED = ("authorization", "content-type", "x-amz-date", "x-amz-security-token", "x-amz-target")


@cache
def clients(service: Service) -> ClientPair:
    """Return both clients; those of Secrets Manager have permanent keys and a URL with port and path."""
    if service == DYNAMODB:
        return ClientPair(service, "https://dynamodb.eu-west-1.amazonaws.example", KEYS)
    permanent = Credentials(access_key="AKIDEXAMPLE", secret_key="another/+key")
    return ClientPair(service, "http://secretsmanager.example:8000/x/", permanent)


def signed_headers(request: Any) -> list[str | None]:
    """Return what is signed, and the signature."""
    headers = [request.headers.get(name) for name in SIGNED]
    return [value.decode() if isinstance(value, bytes) else value for value in headers]


@pytest.mark.parametrize("operation", SERVICES)
def test_requests_and_responses_equal_botocores(operation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests to the byte, with their signatures."""
    monkeypatch.setitem(auth.AUTH_TYPE_MAPS, "v4", auth.SigV4Auth)  # not that of the AWS CRT, if it is installed
    pair = clients(SERVICES[operation])
    description: Any = model(SERVICES[operation]).operation_model(operation)

    @QUICK
    @given(values(description.input_shape), values(description.output_shape), datetimes())
    def check(parameters: dict[str, Any], response: dict[str, Any], now: datetime) -> None:
        if operation == "TransactWriteItems":
            parameters = {"ClientRequestToken": "t"} | parameters
        with patch.object(auth, "get_current_datetime", lambda: now), patch("time.gmtime", lambda _: now.timetuple()):
            (expected, (theirs,)), (actual, (ours,)) = pair.both(operation, parameters, dynamodb_response(response))

        assert ours.body == theirs.body
        assert signed_headers(ours) == signed_headers(theirs)
        assert actual == expected
        assert {name: actual[name] for name in response} == response

    check()


def test_a_transaction_has_a_token_of_its_own_in_all_attempts(pauses: list[float]) -> None:
    """DynamoDB deduplicates retries by it."""
    pair = clients(DYNAMODB)
    responses = dynamodb_response({}, 500), dynamodb_response({})
    calls = [pair.call(pair.own, "TransactWriteItems", {"TransactItems": []}, *responses) for _ in range(2)]
    first, *others = [json.loads(request.body)["ClientRequestToken"] for _, sent in calls for request in sent]

    assert [one == first for one in others] == [True, False, False]
    assert others[1] == others[2]
    assert len(pauses) == 2


def test_an_operation_without_a_description_is_refused() -> None:
    """Its binary values would be returned as text."""
    pair = clients(DYNAMODB)
    with pytest.raises(NotImplementedError):
        pair.call(pair.own, "TransactGetItems", {"TransactItems": []})


BODIES: list[Any] = [
    *(b"", b"<html>busy</html>", b"<nonsense>", b"{}"),  # a proxy's
    {"__type": "ConditionalCheckFailedException", "Item": ROW},
    {"__type": "TransactionCanceledException", "CancellationReasons": [{"Code": "None", "Item": ROW}]},
]
ERRORS = builds(
    dynamodb_response, errors() | sampled_from(BODIES), sampled_from([301, 400, 403, 404, 413, 500, 501, 503])
)
TIMEOUT = exceptions.ReadTimeoutError(endpoint_url="x")
FAILURES: list[Any] = [
    TIMEOUT,
    exceptions.ConnectTimeoutError(endpoint_url="x"),
    exceptions.EndpointConnectionError(endpoint_url="x"),
    exceptions.ConnectionClosedError(endpoint_url="x"),
    exceptions.NoCredentialsError(),
]
SUCCESSES = [
    dynamodb_response({"Item": {}}),
    dynamodb_response({"Item": None, "ConsumedCapacity": {"TableName": "B"}}),
]
CALL = lists(sampled_from(SUCCESSES) | ERRORS | sampled_from(FAILURES), min_size=3, max_size=3)
THROTTLED = dynamodb_response({"__type": "ThrottlingException"}, 400)


def test_errors_and_pauses_equal_botocores(pauses: list[float]) -> None:
    """Including the retry quota, which is small here, so that calls exhaust it for later ones."""
    pair = clients.__wrapped__(DYNAMODB)  # new ones, for their quotas change
    handlers = pair.botocore.meta.events._emitter._handlers.prefix_search("after-call.dynamodb.x")
    checker = next(one.__self__ for one in handlers if "RetryQuotaChecker" in str(one))

    @settings(QUICK, max_examples=60)
    @example([[TIMEOUT] * 3] * 3)
    @example([[THROTTLED] * 3] * 4)
    @example([[THROTTLED, *SUCCESSES]] * 8)
    @example([[dynamodb_response(body, 501)] * 3 for body in BODIES])
    @given(lists(CALL, max_size=12))
    def check(calls: list[list[Any]]) -> None:
        checker._quota = RetryQuota(initial_capacity=30)
        pair.own._quota = RetryQuota(initial_capacity=30)
        outcomes = []
        for client in (pair.botocore, pair.own):
            random.seed(1)
            pauses.clear()
            found = [pair.call(client, "GetItem", KEY, *responses) for responses in calls]
            outcomes.append(([(result, len(sent)) for result, sent in found], [*pauses]))

        assert outcomes[1] == outcomes[0]

    check()


def test_the_retried_codes_and_statuses_are_botocores() -> None:
    throttled: Any = ThrottledRetryableChecker()
    transient: Any = TransientRetryableChecker()

    assert {*retries._CODES} == {*throttled._throttled_error_codes, *transient._transient_error_codes}
    assert {*retries._STATUSES} == {*transient._transient_status_codes}
