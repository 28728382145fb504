"""Logs, metrics and traces: one JSON line for each outcome, one metric for each kind of it, no secret in either."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from logging import WARNING, StreamHandler, getLogger
from typing import Any, cast
from uuid import uuid4

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from gatehouse.config import config

type Handler = Callable[[dict[str, Any], Any], dict[str, Any]]

_WELL_FORMED = re.compile(r"[\w.=-]{1,128}", re.ASCII)
_SECRET_NAMES = re.compile(r"password|secret|token|cookie|authorization|link|hash", re.IGNORECASE)
_SECRET_VALUES = re.compile(r"[\w-]{40,}", re.ASCII)  # no id that we log is as long; every token is longer


def correlation_id(headers: Mapping[str, str], request_id: str) -> str:
    """The caller's own id for this request when it is well-formed, else API Gateway's, else a new one."""
    given = (headers.get("x-correlation-id"), headers.get("x-request-id"), request_id)
    return next((text for text in given if text and _WELL_FORMED.fullmatch(text)), None) or str(uuid4())


def count(metric: str, **dimensions: str) -> None:
    """One more of `metric`, as CloudWatch's embedded metric format on standard output."""
    _measure(metric, MetricUnit.Count, 1, dimensions)


def took(metric: str, seconds: float, **dimensions: str) -> None:
    """How long something took."""
    _measure(metric, MetricUnit.Seconds, round(seconds, 4), dimensions)


def outcome(function: str, code: str, **facts: Any) -> None:
    """How something went that `function` was asked to do: one line, and one more in its metric."""
    logger.info(function, outcome=code, **facts)
    count("Outcomes", function=function, outcome=code)


def note(**facts: Any) -> None:
    """What every line of this request is to carry."""
    logger.thread_safe_append_keys(**facts)


def forget() -> None:
    """The request is over."""
    logger.thread_safe_clear_keys()


@contextmanager
def unheard() -> Iterator[None]:
    """What is logged and counted inside goes nowhere."""
    printer, nowhere = cast("StreamHandler[Any]", logger.registered_handler), StringIO()
    before = printer.setStream(nowhere)
    try:
        with redirect_stdout(nowhere):
            yield
    finally:
        printer.setStream(before)


def traced(handler: Handler) -> Handler:
    """The handler under X-Ray when tracing is on. Answers are not captured: they carry tokens."""
    if config().tracing == "Disabled":
        return handler
    from aws_lambda_powertools import Tracer  # noqa: PLC0415 -- costly, and only for those who trace

    return Tracer().capture_lambda_handler(handler, capture_response=False)


def redacted(value: Any) -> Any:
    """`value` without what may be a secret: by the name that it goes under, or by its looks."""
    if isinstance(value, dict):
        return {key: _redacted_entry(str(key), entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [redacted(entry) for entry in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return _SECRET_VALUES.sub("***", str(value))


def _measure(name: str, unit: MetricUnit, value: float, dimensions: Mapping[str, str]) -> None:
    with single_metric(name=name, unit=unit, value=value) as measured:
        for dimension, text in dimensions.items():
            measured.add_dimension(name=dimension, value=text)


def _redacted_entry(name: str, value: Any) -> Any:
    if name == "correlation_id":  # well-formed, and what the caller will search for
        return value
    return "***" if _SECRET_NAMES.search(name) else redacted(value)


def _serialize(line: dict[str, Any]) -> str:
    line.pop("taskName", None)  # asyncio's, and always the same
    return json.dumps(redacted(line))


logger = Logger(json_serializer=_serialize, location=None)
# In its JSON format Lambda sets both: Powertools takes its level, and below WARNING Mangum logs paths, with tokens.
getLogger(logger.name).setLevel(config().log_level)
getLogger().setLevel(WARNING)
