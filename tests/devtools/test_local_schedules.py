"""Schedule events: read from the template, called by a clock, or at once when a developer asks."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gatehouse_dev import schedules, stack
from gatehouse_dev.functions import FunctionPools
from gatehouse_dev.model import Schedule
from gatehouse_dev.schedules import Schedules, ScheduleTimer
from gatehouse_dev.server import Server
from gatehouse_dev.template import Template, load
from gatehouse_dev.template_file import TemplateError
from tests.devtools.conftest import Project, ask
from tests.support.concurrency import wait_until

TEMPLATE = """
    Resources:
      Tick:
        Type: AWS::Serverless::Function
        Properties:
          CodeUri: functions/tick
          Handler: handler.handler
          Events:
            Often: { Type: Schedule, Properties: { Schedule: "rate(15 minutes)" } }
      Quiet:
        Type: AWS::Serverless::Function
        Properties: { CodeUri: functions/tick, Handler: handler.handler }
"""
TICK = """
    import builtins
    def handler(event, context):
        builtins.ticks.append(event)
        if len(builtins.ticks) == 1 and event.get("detail-type") == "stumble":
            raise RuntimeError
        return {"ticks": len(builtins.ticks)}
"""
SHORT = timedelta(milliseconds=10)


@pytest.fixture
def ticks(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The events that the function got."""
    events: list[Any] = []
    monkeypatch.setattr("builtins.ticks", events, raising=False)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return events


@pytest.fixture
def path(project: Project, ticks: list[Any]) -> Path:
    """A project with one function that is called every quarter of an hour."""
    assert ticks == []
    return project(TEMPLATE, tick=TICK)


@pytest.fixture
def template(path: Path) -> Template:
    """The same, read."""
    return load(path)


def post(path: Path, place: str, method: str = "POST") -> tuple[int, str]:
    """Ask the local server; status and body."""
    with stack.running({}, 3000, path) as running:
        return ask(Server(running, 3000), method, place)


# -- The template ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("expression", "every"),
    [
        ("rate(1 minute)", timedelta(minutes=1)),
        ("rate(15 minutes)", timedelta(minutes=15)),
        ("rate(1 hour)", timedelta(hours=1)),
        ("rate(12 hours)", timedelta(hours=12)),
        ("rate(1 day)", timedelta(days=1)),
        ("rate(7 days)", timedelta(days=7)),
    ],
)
def test_a_rate_is_understood(project: Project, expression: str, every: timedelta) -> None:
    template = load(project(TEMPLATE.replace("rate(15 minutes)", expression)))

    assert template.functions["Tick"].schedules == (Schedule(expression=expression, interval=every),)
    assert template.functions["Quiet"].schedules == ()


@pytest.mark.parametrize(
    "expression",
    ["cron(0 7 * * ? *)", "rate(1 minutes)", "rate(2 minute)", "rate(0 minutes)", "rate(5 weeks)", "every morning"],
)
def test_what_cannot_run_is_told_with_its_function(project: Project, expression: str) -> None:
    """What AWS would refuse, and cron, which nothing here needs."""
    path = project(TEMPLATE.replace("rate(15 minutes)", expression))

    with pytest.raises(TemplateError) as refused:
        load(path)

    told = f"resource Tick: the schedule {expression} is not supported locally; use a rate(…)"
    assert str(refused.value) == told


@pytest.mark.parametrize("off", ["Enabled: false", "State: DISABLED"])
def test_a_schedule_that_is_switched_off_does_not_exist(project: Project, off: str) -> None:
    template = load(project(TEMPLATE.replace('"rate(15 minutes)"', f'"rate(15 minutes)", {off}')))

    assert template.functions["Tick"].schedules == ()


def test_an_input_of_ones_own_takes_the_place_of_the_event(project: Project, ticks: list[Any]) -> None:
    """With an unreadable one, the function is told."""
    text = TEMPLATE.replace('"rate(15 minutes)"', """ "rate(15 minutes)", Input: '{"all": true}' """)
    template = load(project(text, tick=TICK))
    assert ticks == []

    assert Schedules(FunctionPools(template), template).event("Tick") == {"all": True}
    with pytest.raises(TemplateError, match="resource Tick is malformed"):
        load(project(text.replace("true}", "true")))


# -- The clock ------------------------------------------------------------------


def test_an_event_looks_as_eventbridge_makes_it(template: Template) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    made = Schedules(FunctionPools(template), template).event("Tick")

    assert made is not None
    assert set(made) == {
        *("version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail")
    }
    assert (made["source"], made["detail-type"], made["detail"]) == ("aws.events", "Scheduled Event", {})
    assert made["resources"] == ["arn:aws:events:us-east-1:123456789012:rule/Tick"]
    at = datetime.strptime(made["time"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert before <= at <= datetime.now(UTC)


def test_a_function_is_called_again_and_again_although_it_stumbles(
    template: Template, ticks: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    stumble = Schedule(expression="rate(1 minute)", interval=SHORT, input='{"detail-type": "stumble"}')
    timer = ScheduleTimer(FunctionPools(template), "Tick", stumble)

    timer.start()
    wait_until(lambda: len(ticks) > 2)
    timer.stop()

    assert "Tick failed" in capsys.readouterr().err
    wait_until(lambda: not timer._thread.is_alive())


def test_nothing_is_called_before_its_time(template: Template, ticks: list[Any]) -> None:
    with Schedules(FunctionPools(template), template) as running:
        (timer,) = running._timers.values()
    wait_until(lambda: not timer._thread.is_alive())

    assert ticks == []


def test_an_edited_template_brings_and_takes_schedules(
    project: Project, template: Template, ticks: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schedules.ScheduleTimer, "start", lambda timer: ticks.append(timer.schedule.expression))
    monkeypatch.setattr(schedules.ScheduleTimer, "stop", lambda timer: ticks.append(f"no {timer.schedule.expression}"))
    with Schedules(FunctionPools(template), template) as running:
        running.update(template)
        assert ticks == ["rate(15 minutes)"]

        running.update(load(project(TEMPLATE.replace("15 minutes", "1 hour"))))
        assert ticks[1:] == ["no rate(15 minutes)", "rate(1 hour)"]
        assert running.expressions == {"Tick": "rate(1 hour)"}

    assert ticks[3:] == ["no rate(1 hour)"]


# -- At once --------------------------------------------------------------------


def test_a_developer_calls_a_schedule_at_once(path: Path, ticks: list[Any]) -> None:
    assert post(path, "/dev/schedules/Tick") == (200, '{"ticks": 1}')
    assert [tick["detail-type"] for tick in ticks] == ["Scheduled Event"]


@pytest.mark.parametrize(
    ("method", "place"),
    [
        ("POST", "/dev/schedules/Quiet"),
        ("POST", "/dev/schedules/Nobody"),
        ("POST", "/dev/schedules/"),
        ("POST", "/dev/schedules"),
        ("POST", "Tick"),
        ("GET", "/dev/schedules/Tick"),
    ],
)
def test_nothing_else_is_called(path: Path, ticks: list[Any], method: str, place: str) -> None:
    assert post(path, place, method)[0] == 404
    assert ticks == []
