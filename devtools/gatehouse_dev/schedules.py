"""Schedule events: functions that are called every so often, by a clock of their own, or at once for a developer."""

import json
import threading
import uuid
from contextlib import suppress
from datetime import UTC, datetime
from typing import Self

from gatehouse_dev.document import Node, Properties
from gatehouse_dev.functions import Fleet, FunctionFailed
from gatehouse_dev.model import Schedule
from gatehouse_dev.physical import ACCOUNT, REGION
from gatehouse_dev.template import Template

STOP_SECONDS = 1.0


class Timer:
    """Call one function whenever its time has come, the first time after one period."""

    def __init__(self, fleet: Fleet, function: str, schedule: Schedule) -> None:
        self.schedule = schedule
        self._fleet = fleet
        self._function = function
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"schedule of {function}", daemon=True)

    def start(self) -> None:
        """Call from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, after the call under way if it ends soon."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        while not self._stopped.wait(self.schedule.every.total_seconds()):
            with suppress(FunctionFailed):  # the console has told it
                self._fleet.invoke(self._function, event(self._function, self.schedule))


class Schedules:
    """All schedules of a template; entered, they run by themselves."""

    def __init__(self, fleet: Fleet, template: Template) -> None:
        self._fleet = fleet
        self._running = False
        self._timers: dict[tuple[str, Schedule], Timer] = {}
        self.follow(template)

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
        """How often which function is called, in the words of the template."""
        return {function: schedule.expression for function, schedule in self._timers}

    def follow(self, template: Template) -> None:
        """Go on with an edited template; a schedule that stayed the same keeps its time."""
        wanted = [
            (function.name, schedule) for function in template.functions.values() for schedule in function.schedules
        ]
        for key in [key for key in self._timers if key not in wanted]:
            self._timers.pop(key).stop()
        for key in wanted:
            if key not in self._timers:
                self._timers[key] = Timer(self._fleet, *key)
                if self._running:
                    self._timers[key].start()

    def event(self, function: str) -> Properties | None:
        """What a function's schedule would send it now; None when it has none."""
        return next((event(name, schedule) for name, schedule in self._timers if name == function), None)


def event(function: str, schedule: Schedule) -> Node:
    """Make the event of a schedule as EventBridge does."""
    if schedule.given:
        return json.loads(schedule.given)
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
