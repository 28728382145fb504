"""Making a call as somebody would, and everything that it sets off, and noting what all of it takes."""

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

type Step = tuple[str, Event]  # a function, and what it is given


class Runner:
    """Calls of a cloud, one after the other."""

    def __init__(self, call: Api, cloud: Cloud, provider: Provider) -> None:
        """Nothing was called yet."""
        self._call, self._cloud = call, cloud
        self._meter, self._watch, self._printed = Meter(cloud), InvocationTimer(provider), LogOutput()
        self.guests = CallUsers(call, cloud, provider, self._meter.indexes)
        self._functions = {route.key: route.function for route in cloud.template.routes}

    def take(self, call: HttpCall | BackgroundJob, rounds: int) -> Consumption:
        """What a call takes: counted once, and timed as often as is asked for."""
        with getattr(call, "during", nullcontext)():
            counted = [(function, self._counted(function, event, call)) for function, event in self._steps(call)]
            timed = [[self._timed(*step) for step in self._steps(call)] for _ in range(rounds)]
        runs: list[list[Run]] = [list(one) for one in zip(*timed, strict=True)] or [[] for _ in counted]
        steps = (
            taken.run_for(*self._billed(function, of_step)) if of_step else taken
            for (function, taken), of_step in zip(counted, runs, strict=True)
        )
        return sum(steps, Consumption()).coarsely()

    def _steps(self, call: HttpCall | BackgroundJob) -> Iterator[Step]:
        """The call, then what came of it; each is done before the next is asked for."""
        function, events = self._prepared(call)
        sent = len(self._cloud.mails())
        with settings(rate_limits="on"):
            yield from ((function, event) for event in events)
        if function != "SendMail":
            yield from (("SendMail", {"Records": [record]}) for record in self.guests.mailbox.pending())
        yield from (("RecordMailFeedback", delivered(mail.to)) for mail in self._cloud.mails()[sent:])
        if function != "EraseUser":
            yield from (("EraseUser", order) for order in erasures(self.guests))

    def _prepared(self, call: HttpCall | BackgroundJob) -> tuple[str, list[Event]]:
        """The function and its events; whatever mails there were before are sent, and the keys were just seen."""
        self.guests.mailbox.deliver()
        if isinstance(call, BackgroundJob):
            function, events = call.function, call.events(self.guests)
        else:
            route = call.routes[0]
            function, events = self._functions[route], [event_for(route, **call.asks(self.guests), ip=self.guests.ip())]
            self.guests.mailbox.deliver()
        layer("keys").refresh()
        return function, events

    def _counted(self, function: str, event: Event, call: HttpCall | BackgroundJob) -> Consumption:
        with self._meter.counting(), self._printed.listening(), patch.object(time, "sleep"):
            response = self._call.invoke(function, event)
        taken = Consumption(
            invocations=1,
            cost=self._meter.cost,
            mails=sum(operation == "SendEmail" for operation, _ in self._meter.elsewhere),
            notices=int(function == "RecordMailFeedback"),
            logged=self._printed.bytes + _audited(self._meter.elsewhere),
            metrics=self._printed.metrics,
        )
        if "routeKey" not in event or not isinstance(call, HttpCall):
            return taken
        assert (response["statusCode"] >= 400) == call.refused, (event, response)
        told = "error=" in response["headers"].get("location", "")
        assert told == event["rawPath"].endswith("/error"), (event, response)
        line = access_line(self._cloud.template, event["routeKey"])
        return taken + Consumption(requests=1, logged=size((line,)), sent=_sent(response))

    def _timed(self, function: str, event: Event) -> Run:
        with self._printed.listening():
            return self._watch.run(lambda: self._call.invoke(function, event))

    def _billed(self, function: str, runs: list[Run]) -> tuple[int, int]:
        declared = self._cloud.template.functions[function]
        constant_time = is_constant_time(self._cloud.template, function)
        return billed(runs, declared.memory, constant_time=constant_time), declared.memory


def is_constant_time(template: Template, function: str) -> bool:
    """Whether a function responds at the next tenth of a second."""
    handler = template.functions[function].folder / "handler.py"
    return "constant_time=True" in handler.read_text(encoding="utf-8")


def _sent(response: dict[str, Any]) -> int:
    """Bytes that go out: the body, and headers as HTTP/1.1 has them."""
    headers = [
        *response.get("headers", {}).items(),
        *(("set-cookie", cookie) for cookie in response.get("cookies", ())),
    ]
    return len(response.get("body", "").encode()) + sum(len(f"{name}: {value}\r\n".encode()) for name, value in headers)


def _audited(asked: list[tuple[str, dict[str, Any]]]) -> int:
    """Bytes in the audit trail."""
    trails = (parameters["logEvents"] for operation, parameters in asked if operation == "PutLogEvents")
    return size(tuple(line["message"] for lines in trails for line in lines))
