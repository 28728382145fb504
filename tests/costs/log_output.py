"""What a call leaves in the logs: lines that it printed, the line that API Gateway adds, and its metrics."""

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from unittest.mock import patch

from gatehouse_dev.template import Template
from tests.costs.prices import LOG_LINE

TOLD = {  # a length that is typical for what API Gateway's variables hold
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
    """The lines of a function, and the metrics in them. That it was cold is a metric, but no line of every call."""

    def __init__(self) -> None:
        """None yet."""
        self.lines = list[str]()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """From nothing."""
        self.lines = []
        output = StringIO()

        def emit(handler: logging.Handler, line: logging.LogRecord) -> None:
            if type(handler) is logging.StreamHandler:  # and not one that somebody made to look on
                print(handler.format(line))  # noqa: T201 -- to where all that is printed goes

        with redirect_stdout(output), patch.object(logging.StreamHandler, "emit", emit):
            yield
        self.lines = output.getvalue().splitlines()

    @property
    def bytes(self) -> int:
        """What CloudWatch takes in of a warm call."""
        return size(line for line in self.lines if '"ColdStart"' not in line)

    @property
    def metrics(self) -> frozenset[str]:
        """Every combination of a metric's name and dimensions: each is paid for."""
        return frozenset(name for line in self.lines if '"_aws"' in line for name in _names(json.loads(line)))


@contextmanager
def quiet() -> Iterator[None]:
    """Whatever is printed while nobody listens is of no interest."""
    with redirect_stdout(StringIO()), patch.object(logging.StreamHandler, "emit"):
        yield


def size(lines: Iterator[str] | tuple[str, ...]) -> int:
    """Bytes of lines in the log."""
    return sum(len(line.encode()) + LOG_LINE for line in lines)


def access_line(template: Template, route: str, **more: str) -> str:
    """What API Gateway writes of a call, in the template's format; `more` of what its variables hold."""
    format_: str = template.resources["Api"]["Properties"]["AccessLogSettings"]["Format"]
    told = TOLD | {"routeKey": route} | more
    return re.sub(r"\$context\.([\w.]+)", lambda variable: told[variable[1]], format_)


def _names(line: dict[str, object]) -> Iterator[str]:
    kinds = json.loads(json.dumps(line["_aws"]))["CloudWatchMetrics"]
    for kind in kinds:
        for names in kind["Dimensions"]:
            where = " ".join(f"{name}={line[name]}" for name in sorted(names))
            yield from (f"{kind['Namespace']} {metric['Name']} {where}" for metric in kind["Metrics"])
