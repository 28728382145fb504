"""The log output of a call: its lines, API Gateway's line, and its metrics."""

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from unittest.mock import patch

from gatehouse_dev.template import Template
from tests.costs.prices import LOG_LINE

TYPICAL_VALUES = {  # of API Gateway's variables; their lengths matter
    "requestId": "JKJaXmPLvHcESHA=",
    "requestTime": "21/Nov/2026:12:00:00 +0000",
    "status": "200",
    "identity.sourceIp": "203.0.113.117",
    "responseLatency": "25",
    "integrationLatency": "23",
    "integration.integrationStatus": "200",
    "integrationErrorMessage": "-",
    "error.responseType": "-",
    "responseLength": "1024",
}


class LogOutput:
    """The lines of a function, and the metrics in them. Lines about cold starts are not counted."""

    def __init__(self) -> None:
        """Start without lines."""
        self.lines = list[str]()

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Record the lines printed inside."""
        self.lines = []
        output = StringIO()

        def emit(handler: logging.Handler, line: logging.LogRecord) -> None:
            if type(handler) is logging.StreamHandler:  # not pytest's handler
                print(handler.format(line))  # noqa: T201 -- to the captured output

        with redirect_stdout(output), patch.object(logging.StreamHandler, "emit", emit):
            yield
        self.lines = output.getvalue().splitlines()

    @property
    def bytes(self) -> int:
        """The bytes that CloudWatch ingests for a warm call."""
        return size(line for line in self.lines if '"ColdStart"' not in line)

    @property
    def metrics(self) -> frozenset[str]:
        """The combinations of a metric's name and dimensions, which are what is billed."""
        return frozenset(name for line in self.lines if '"_aws"' in line for name in _names(json.loads(line)))


@contextmanager
def quiet() -> Iterator[None]:
    """Discard all output."""
    with redirect_stdout(StringIO()), patch.object(logging.StreamHandler, "emit"):
        yield


def size(lines: Iterator[str] | tuple[str, ...]) -> int:
    """Return the bytes of lines in the log."""
    return sum(len(line.encode()) + LOG_LINE for line in lines)


def access_line(template: Template, route: str, **more: str) -> str:
    """Return API Gateway's line about a call in the template's format; `more` sets variables."""
    format_: str = template.resources["Api"]["Properties"]["AccessLogSettings"]["Format"]
    values = TYPICAL_VALUES | {"routeKey": route} | more
    return re.sub(r"\$context\.([\w.]+)", lambda variable: values[variable[1]], format_)


def _names(line: dict[str, object]) -> Iterator[str]:
    kinds = json.loads(json.dumps(line["_aws"]))["CloudWatchMetrics"]
    for kind in kinds:
        for names in kind["Dimensions"]:
            dimensions = " ".join(f"{name}={line[name]}" for name in sorted(names))
            yield from (f"{kind['Namespace']} {metric['Name']} {dimensions}" for metric in kind["Metrics"])
