"""Accidents in the middle of what functions do by themselves, deliveries as Lambda makes them, and alarms that hear."""

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

type Deliver = Callable[[list[dict[str, Any]]], None]


class FunctionKilled(BaseException):
    """Lambda ended the function, for its time was up: nothing in it can catch that."""


@contextmanager
def failing_at(error: BaseException, *, at: int, answered: bool = False) -> Iterator[list[str]]:
    """The call of AWS with the number `at`, from 0, raises `error`; the calls up to it are in the list.

    AWS hears nothing of it or, when it `answered`, did what was asked. Who was killed makes no more calls.
    """
    real: Any = vars(BaseClient)["_make_api_call"]  # where all operations pass
    asked: list[str] = []

    def call(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        number = len(asked)
        if number <= at:
            asked.append(operation)
        if number < at or (number > at and not isinstance(error, FunctionKilled)):
            return real(client, operation, parameters)
        if answered and number == at:
            real(client, operation, parameters)
        raise error.with_traceback(None)

    with patch.object(BaseClient, "_make_api_call", call):
        yield asked


@contextmanager
def unprocessed_batches() -> Iterator[None]:
    """BatchGetItem reads nothing of what it was asked for, and says so: that is how DynamoDB throttles it."""
    real: Any = vars(BaseClient)["_make_api_call"]

    def call(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        if operation == "BatchGetItem":
            return {"Responses": {}, "UnprocessedKeys": parameters["RequestItems"]}
        return real(client, operation, parameters)

    with patch.object(BaseClient, "_make_api_call", call):
        yield


def deliver_to(call: Api, function: str) -> Deliver:
    """Bring stream records to a function as Lambda does: again from the first that failed, in halves when it raised."""
    (stream,) = call.template.functions[function].streams

    def invoke(name: str, event: dict[str, Any]) -> object:
        return call.invoke(name, deepcopy(event))  # each invocation parses its event anew

    return Delivery(function=function, source=stream, invoke=invoke, pause=lambda _: False).deliver


def redrive() -> None:
    """What an operator does once the cause is gone."""
    from gatehouse_dev.admin import redrive  # noqa: PLC0415 -- it reads the environment when imported

    redrive.redrive("an operator")


def triggered_alarms(capsys: pytest.CaptureFixture[str]) -> set[str]:
    """The alarms that look at an outcome which was counted since the last time."""
    counted = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    told = {(line.get("function"), line.get("outcome")) for line in counted}
    return {name for name, seen in _alarm_dimensions() if (seen.get("function"), seen.get("outcome")) in told}


def failure_alarms(function: str) -> set[str]:
    """The alarms that look at how often a function raises or runs out of time."""
    return {
        name
        for name, seen in _alarm_dimensions()
        if seen.get("FunctionName") == {"Ref": function} and seen["metric"] == "Errors"
    }


@cache
def _alarm_dimensions() -> list[tuple[str, Mapping[str, Any]]]:
    """Each alarm with the dimensions of what it looks at, once for each metric."""
    return [
        (name, {one["Name"]: one["Value"] for one in metric["Dimensions"]} | {"metric": metric["MetricName"]})
        for name, alarm in of_type(source()["Resources"], "AWS::CloudWatch::Alarm").items()
        for metric in (entry["MetricStat"]["Metric"] for entry in alarm["Metrics"] if "MetricStat" in entry)
    ]
