"""Scheduled functions: invoked by a timer, or at once on a developer's request."""

import json
import threading
import uuid
from contextlib import suppress
from datetime import UTC, datetime
from typing import Self

from gatehouse_dev.functions import FunctionFailed, FunctionPools
from gatehouse_dev.model import Schedule
from gatehouse_dev.resource_names import ACCOUNT, REGION
from gatehouse_dev.template import Template
from gatehouse_dev.template_file import Node, Properties

STOP_SECONDS = 1.0


class ScheduleTimer:
    """Invokes one function periodically, for the first time after one period."""

    def __init__(self, fleet: FunctionPools, function: str, schedule: Schedule) -> None:
        self.schedule = schedule
        self._fleet = fleet
        self._function = function
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"schedule of {function}", daemon=True)

    def start(self) -> None:
        """Start invoking."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, after the call in progress if it ends soon."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        while not self._stopped.wait(self.schedule.interval.total_seconds()):
            with suppress(FunctionFailed):  # the console shows it
                self._fleet.invoke(self._function, make_event(self._function, self.schedule))


class Schedules:
    """All schedules of a template; they run while entered."""

    def __init__(self, fleet: FunctionPools, template: Template) -> None:
        self._fleet = fleet
        self._running = False
        self._timers: dict[tuple[str, Schedule], ScheduleTimer] = {}
        self.update(template)

    def __enter__(self) -> Self:
        self._running = True
        for timer in self._timers.values():
            timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        for timer in self._timers.values():
            timer.stop()

    @property
    def expressions(self) -> dict[str, str]:
        """Return the schedule expression of each function."""
        return {function: schedule.expression for function, schedule in self._timers}

    def update(self, template: Template) -> None:
        """Switch to an edited template; an unchanged schedule keeps its timing."""
        wanted = [
            (function.name, schedule) for function in template.functions.values() for schedule in function.schedules
        ]
        for key in [key for key in self._timers if key not in wanted]:
            self._timers.pop(key).stop()
        for key in wanted:
            if key not in self._timers:
                self._timers[key] = ScheduleTimer(self._fleet, *key)
                if self._running:
                    self._timers[key].start()

    def event(self, function: str) -> Properties | None:
        """Return the event that a function's schedule would send now; None when it has none."""
        return next((make_event(name, schedule) for name, schedule in self._timers if name == function), None)


def make_event(function: str, schedule: Schedule) -> Node:
    """Return the event of a schedule as EventBridge sends it."""
    if schedule.input:
        return json.loads(schedule.input)
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": REGION,
        "resources": [f"arn:aws:events:{REGION}:{ACCOUNT}:rule/{function}"],
        "detail": {},
    }
