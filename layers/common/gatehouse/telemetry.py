"""Logs, metrics and traces: one JSON line and one metric per outcome, and no secrets in either."""

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
_SECRET_VALUES = re.compile(r"[\w-]{40,}", re.ASCII)  # logged ids are shorter, tokens are longer


def correlation_id(headers: Mapping[str, str], request_id: str) -> str:
    """Return the caller's own request id when it is well-formed, else API Gateway's, else a new one."""
    given = (headers.get("x-correlation-id"), headers.get("x-request-id"), request_id)
    return next((text for text in given if text and _WELL_FORMED.fullmatch(text)), None) or str(uuid4())


def count_metric(metric: str, **dimensions: str) -> None:
    """Add one to `metric`, in CloudWatch's embedded metric format on standard output."""
    _emit_metric(metric, MetricUnit.Count, 1, dimensions)


def record_duration(metric: str, seconds: float, **dimensions: str) -> None:
    """Emit a duration metric, in seconds."""
    _emit_metric(metric, MetricUnit.Seconds, round(seconds, 4), dimensions)


def record_outcome(function: str, code: str, **facts: Any) -> None:
    """Log the outcome of a function's work, and count it."""
    logger.info(function, outcome=code, **facts)
    count_metric("Outcomes", function=function, outcome=code)


def add_log_context(**facts: Any) -> None:
    """Add fields to every log line of this request."""
    logger.thread_safe_append_keys(**facts)


def clear_log_context() -> None:
    """Clear the fields that `add_log_context` added, at the end of a request."""
    logger.thread_safe_clear_keys()


@contextmanager
def muted() -> Iterator[None]:
    """Discard all logs and metrics inside."""
    printer, nowhere = cast("StreamHandler[Any]", logger.registered_handler), StringIO()
    before = printer.setStream(nowhere)
    try:
        with redirect_stdout(nowhere):
            yield
    finally:
        printer.setStream(before)


def with_tracing(handler: Handler) -> Handler:
    """Return the handler wrapped for X-Ray when tracing is on. Responses are not captured, because
    they carry tokens.
    """
    if config().tracing == "Disabled":
        return handler
    from aws_lambda_powertools import Tracer  # noqa: PLC0415 -- slow to import, and rarely used

    return Tracer().capture_lambda_handler(handler, capture_response=False)


def redact(value: Any) -> Any:
    """Return `value` with possible secrets masked, by their names or their form."""
    if isinstance(value, dict):
        return {key: _redact_entry(str(key), entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [redact(entry) for entry in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return _SECRET_VALUES.sub("***", str(value))


def _emit_metric(name: str, unit: MetricUnit, value: float, dimensions: Mapping[str, str]) -> None:
    with single_metric(name=name, unit=unit, value=value) as measured:
        for dimension, text in dimensions.items():
            measured.add_dimension(name=dimension, value=text)


def _redact_entry(name: str, value: Any) -> Any:
    if name == "correlation_id":  # checked before, and needed for searches
        return value
    return "***" if _SECRET_NAMES.search(name) else redact(value)


def _serialize(line: dict[str, Any]) -> str:
    line.pop("taskName", None)  # added by asyncio, always the same
    return json.dumps(redact(line))


logger = Logger(json_serializer=_serialize, location=None)
# With JSON logs, Lambda sets the root level, which Powertools would use. Below WARNING, Mangum logs paths with tokens.
getLogger(logger.name).setLevel(config().log_level)
getLogger().setLevel(WARNING)
