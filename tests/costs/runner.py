"""Runs a call and the work that follows it, and measures the consumption."""

import time
from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any
from unittest.mock import patch

from gatehouse_dev.cloud import Cloud
from gatehouse_dev.template import Template
from tests.costs.background_jobs import BackgroundJob, Event, delivered, erasures
from tests.costs.call_users import CallUsers, settings
from tests.costs.consumption import Consumption
from tests.costs.http_calls import HttpCall
from tests.costs.invocation_timer import InvocationTimer, Run, billed
from tests.costs.log_output import LogOutput, access_line, size
from tests.costs.meter import Meter
from tests.support.calls import Api
from tests.support.events import event_for
from tests.support.layer import layer
from tests.support.provider import Provider

UNLIMITED = {"rate_limit_task_reads": "1000000/60", "rate_limit_task_writes": "1000000/60"}

type Step = tuple[str, Event]  # a function and its event


class Runner:
    """Runs calls in a cloud, one at a time."""

    def __init__(self, call: Api, cloud: Cloud, provider: Provider) -> None:
        """Prepare users and meters."""
        self._call, self._cloud = call, cloud
        self._meter, self._timer, self._printed = Meter(cloud), InvocationTimer(provider), LogOutput()
        self.users = CallUsers(call, cloud, provider, self._meter.indexes)
        self._functions = {route.key: route.function for route in cloud.template.routes}

    def measure(self, call: HttpCall | BackgroundJob, rounds: int) -> Consumption:
        """Return the consumption of a call, counted once and timed in `rounds` rounds."""
        with getattr(call, "during", nullcontext)():
            counted = [(function, self._counted(function, event, call)) for function, event in self._steps(call)]
            timed = [[self._timed(*step) for step in self._steps(call)] for _ in range(rounds)]
        runs: list[list[Run]] = [list(one) for one in zip(*timed, strict=True)] or [[] for _ in counted]
        steps = (
            consumption.run_for(*self._billed(function, of_step)) if of_step else consumption
            for (function, consumption), of_step in zip(counted, runs, strict=True)
        )
        return sum(steps, Consumption()).rounded()

    def _steps(self, call: HttpCall | BackgroundJob) -> Iterator[Step]:
        """Return the call and the steps that follow. Each step runs before the next one is requested."""
        function, events = self._prepared(call)
        sent = len(self._cloud.mails())
        with settings(rate_limits="on", **UNLIMITED):
            yield from ((function, event) for event in events)
        if function != "SendMail":
            yield from (("SendMail", {"Records": [record]}) for record in self.users.mailbox.pending())
        yield from (("RecordMailFeedback", delivered(mail.to)) for mail in self._cloud.mails()[sent:])
        if function != "EraseUser":
            yield from (("EraseUser", order) for order in erasures(self.users))

    def _prepared(self, call: HttpCall | BackgroundJob) -> tuple[str, list[Event]]:
        """Return the function and its events, after delivering earlier mails and refreshing the keys."""
        self.users.mailbox.deliver()
        if isinstance(call, BackgroundJob):
            function, events = call.function, call.events(self.users)
        else:
            route = call.routes[0]
            function, events = (
                self._functions[route],
                [event_for(route, **call.make_request(self.users), ip=self.users.ip())],
            )
            self.users.mailbox.deliver()
        layer("keys").refresh()
        return function, events

    def _counted(self, function: str, event: Event, call: HttpCall | BackgroundJob) -> Consumption:
        with self._meter.counting(), self._printed.recording(), patch.object(time, "sleep"):
            response = self._call.invoke(function, event)
        consumption = Consumption(
            invocations=1,
            cost=self._meter.cost,
            mails=sum(operation == "SendEmail" for operation, _ in self._meter.other_calls),
            notices=int(function == "RecordMailFeedback"),
            logged=self._printed.bytes + _audited(self._meter.other_calls),
            metrics=self._printed.metrics,
        )
        if "routeKey" not in event or not isinstance(call, HttpCall):
            return consumption
        assert (response["statusCode"] >= 400) == call.rejected, (event, response)
        has_error = "error=" in response["headers"].get("location", "")
        assert has_error == event["rawPath"].endswith("/error"), (event, response)
        line = access_line(self._cloud.template, event["routeKey"])
        return consumption + Consumption(requests=1, logged=size((line,)), sent=_sent(response))

    def _timed(self, function: str, event: Event) -> Run:
        with self._printed.recording():
            return self._timer.run(lambda: self._call.invoke(function, event))

    def _billed(self, function: str, runs: list[Run]) -> tuple[int, int]:
        declared = self._cloud.template.functions[function]
        constant_time = is_constant_time(self._cloud.template, function)
        return billed(runs, declared.memory, constant_time=constant_time), declared.memory


def is_constant_time(template: Template, function: str) -> bool:
    """Whether a function responds at the next tenth of a second."""
    handler = template.functions[function].folder / "handler.py"
    return "constant_time=True" in handler.read_text(encoding="utf-8")


def _sent(response: dict[str, Any]) -> int:
    """Return the bytes of the response: body, and headers in HTTP/1.1."""
    headers = [
        *response.get("headers", {}).items(),
        *(("set-cookie", cookie) for cookie in response.get("cookies", ())),
    ]
    return len(response.get("body", "").encode()) + sum(len(f"{name}: {value}\r\n".encode()) for name, value in headers)


def _audited(calls: list[tuple[str, dict[str, Any]]]) -> int:
    """Return the bytes written to the audit log."""
    trails = (parameters["logEvents"] for operation, parameters in calls if operation == "PutLogEvents")
    return size(tuple(line["message"] for lines in trails for line in lines))
