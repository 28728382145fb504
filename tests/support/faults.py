"""Faults in background functions, stream deliveries as Lambda makes them, and the alarms that a fault triggers."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from functools import cache
from typing import Any
from unittest.mock import patch

import pytest
from botocore.client import BaseClient

from gatehouse_dev.delivery import Delivery
from tests.support.aws_failures import client_error
from tests.support.calls import Api
from tests.support.transformed import of_type, source

THROTTLED = client_error("ThrottlingException")
CONFLICT = client_error("TransactionConflictException")
SINGLE_WRITES = ("PutItem", "UpdateItem", "DeleteItem")

type Deliver = Callable[[list[dict[str, Any]]], object]


class FunctionKilled(BaseException):
    """Lambda stopped the function at its time limit. Code in the function cannot catch it."""


@contextmanager
def failing_at(error: BaseException, *, at: int, executed: bool = False) -> Iterator[list[str]]:
    """Let the AWS call number `at`, from 0, raise `error`. Yields the list of calls up to it.

    With `executed`, AWS executes the call before the error. After FunctionKilled all further calls raise it, too.
    """
    real: Any = vars(BaseClient)["_make_api_call"]  # all operations pass through it
    attempted: list[str] = []

    def call(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        number = len(attempted)
        if number <= at:
            attempted.append(operation)
        if number < at or (number > at and not isinstance(error, FunctionKilled)):
            return real(client, operation, parameters)
        if executed and number == at:
            real(client, operation, parameters)
        raise error.with_traceback(None)

    with patch.object(BaseClient, "_make_api_call", call):
        yield attempted


@contextmanager
def conflicting_twice() -> Iterator[list[str]]:
    """Let every single write conflict twice before it succeeds. Yields the list of conflicts."""
    real: Any = vars(BaseClient)["_make_api_call"]
    conflicts: list[str] = []
    met = 0

    def call(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        nonlocal met
        if operation in SINGLE_WRITES and met < 2:
            met += 1
            conflicts.append(operation)
            raise CONFLICT.with_traceback(None)
        met = 0
        return real(client, operation, parameters)

    with patch.object(BaseClient, "_make_api_call", call):
        yield conflicts


@contextmanager
def unprocessed_batches() -> Iterator[None]:
    """Let BatchGetItem return all keys as unprocessed, as DynamoDB does when it throttles."""
    real: Any = vars(BaseClient)["_make_api_call"]

    def call(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        if operation == "BatchGetItem":
            return {"Responses": {}, "UnprocessedKeys": parameters["RequestItems"]}
        return real(client, operation, parameters)

    with patch.object(BaseClient, "_make_api_call", call):
        yield


def deliver_to(call: Api, function: str) -> Deliver:
    """Return a function that delivers stream records as Lambda does: it retries from the first failed record, and
    bisects the batch when the function raises.
    """
    (stream,) = call.template.functions[function].streams

    def invoke(name: str, event: dict[str, Any]) -> object:
        return call.invoke(name, deepcopy(event))  # each invocation gets a fresh event

    return Delivery(function=function, source=stream, invoke=invoke, pause=lambda _: False).deliver


def redrive() -> None:
    """Redrive failed rows, as an operator does."""
    from gatehouse_dev.admin import redrive  # noqa: PLC0415 -- it reads the environment when imported

    list(redrive.redrive("an operator"))


def triggered_alarms(capsys: pytest.CaptureFixture[str]) -> set[str]:
    """Return the alarms on outcomes that were counted since the last call."""
    counted = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    outcomes = {(line.get("function"), line.get("outcome")) for line in counted}
    return {
        name for name, watched in _alarm_dimensions() if (watched.get("function"), watched.get("outcome")) in outcomes
    }


def failure_alarms(function: str) -> set[str]:
    """Return the alarms on a function's errors and timeouts."""
    return {
        name
        for name, watched in _alarm_dimensions()
        if watched.get("FunctionName") == {"Ref": function} and watched["metric"] == "Errors"
    }


@cache
def _alarm_dimensions() -> list[tuple[str, Mapping[str, Any]]]:
    """Return each alarm with the dimensions of each of its metrics."""
    return [
        (name, {one["Name"]: one["Value"] for one in metric["Dimensions"]} | {"metric": metric["MetricName"]})
        for name, alarm in of_type(source()["Resources"], "AWS::CloudWatch::Alarm").items()
        for metric in (entry["MetricStat"]["Metric"] for entry in alarm["Metrics"] if "MetricStat" in entry)
    ]
