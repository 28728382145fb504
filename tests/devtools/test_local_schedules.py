"""Schedules: read from the template, run by a timer, or on a developer's request."""

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
from tests.devtools.conftest import Project, send_request
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
        if len(builtins.ticks) == 1 and event.get("detail-type") == "fail-once":
            raise RuntimeError
        return {"ticks": len(builtins.ticks)}
"""
SHORT = timedelta(milliseconds=10)


@pytest.fixture
def ticks(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The events that the function received."""
    events: list[Any] = []
    monkeypatch.setattr("builtins.ticks", events, raising=False)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return events


@pytest.fixture
def path(project: Project, ticks: list[Any]) -> Path:
    """A project with one function that runs every 15 minutes."""
    assert ticks == []
    return project(TEMPLATE, tick=TICK)


@pytest.fixture
def template(path: Path) -> Template:
    """The loaded template of the project."""
    return load(path)


def request_path(path: Path, url_path: str, method: str = "POST") -> tuple[int, str]:
    """Send a request to a local server, and return status and body."""
    with stack.running({}, 3000, path) as running:
        return send_request(Server(running, 3000), method, url_path)


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
def test_a_rate_is_parsed(project: Project, expression: str, every: timedelta) -> None:
    template = load(project(TEMPLATE.replace("rate(15 minutes)", expression)))

    assert template.functions["Tick"].schedules == (Schedule(expression=expression, interval=every),)
    assert template.functions["Quiet"].schedules == ()


@pytest.mark.parametrize(
    "expression",
    ["cron(0 7 * * ? *)", "rate(1 minutes)", "rate(2 minute)", "rate(0 minutes)", "rate(5 weeks)", "every morning"],
)
def test_an_unsupported_schedule_is_an_error_with_its_function(project: Project, expression: str) -> None:
    """It is invalid in AWS, or cron, which the project does not use."""
    path = project(TEMPLATE.replace("rate(15 minutes)", expression))

    with pytest.raises(TemplateError) as raised:
        load(path)

    message = f"resource Tick: the schedule {expression} is not supported locally; use a rate(…)"
    assert str(raised.value) == message


@pytest.mark.parametrize("off", ["Enabled: false", "State: DISABLED"])
def test_a_disabled_schedule_is_ignored(project: Project, off: str) -> None:
    template = load(project(TEMPLATE.replace('"rate(15 minutes)"', f'"rate(15 minutes)", {off}')))

    assert template.functions["Tick"].schedules == ()


def test_a_schedules_input_replaces_the_event(project: Project, ticks: list[Any]) -> None:
    """Invalid input is an error that names the function."""
    text = TEMPLATE.replace('"rate(15 minutes)"', """ "rate(15 minutes)", Input: '{"all": true}' """)
    template = load(project(text, tick=TICK))
    assert ticks == []

    assert Schedules(FunctionPools(template), template).event("Tick") == {"all": True}
    with pytest.raises(TemplateError, match="resource Tick is malformed"):
        load(project(text.replace("true}", "true")))


# -- The timer ------------------------------------------------------------------


def test_an_event_has_eventbridges_format(template: Template) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    event = Schedules(FunctionPools(template), template).event("Tick")

    assert event is not None
    assert set(event) == {
        *("version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail")
    }
    assert (event["source"], event["detail-type"], event["detail"]) == ("aws.events", "Scheduled Event", {})
    assert event["resources"] == ["arn:aws:events:us-east-1:123456789012:rule/Tick"]
    at = datetime.strptime(event["time"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert before <= at <= datetime.now(UTC)


def test_a_function_is_called_repeatedly_also_after_an_error(
    template: Template, ticks: list[Any], capsys: pytest.CaptureFixture[str]
) -> None:
    failing_once = Schedule(expression="rate(1 minute)", interval=SHORT, input='{"detail-type": "fail-once"}')
    timer = ScheduleTimer(FunctionPools(template), "Tick", failing_once)

    timer.start()
    wait_until(lambda: len(ticks) > 2)
    timer.stop()

    assert "Tick failed" in capsys.readouterr().err
    wait_until(lambda: not timer._thread.is_alive())


def test_nothing_is_called_before_the_interval_ends(template: Template, ticks: list[Any]) -> None:
    with Schedules(FunctionPools(template), template) as running:
        (timer,) = running._timers.values()
    wait_until(lambda: not timer._thread.is_alive())

    assert ticks == []


def test_an_edited_template_adds_and_removes_schedules(
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


# -- On request -----------------------------------------------------------------


def test_a_request_runs_a_schedule(path: Path, ticks: list[Any]) -> None:
    assert request_path(path, "/dev/schedules/Tick") == (200, '{"ticks": 1}')
    assert [tick["detail-type"] for tick in ticks] == ["Scheduled Event"]


@pytest.mark.parametrize(
    ("method", "url_path"),
    [
        ("POST", "/dev/schedules/Quiet"),
        ("POST", "/dev/schedules/Nobody"),
        ("POST", "/dev/schedules/"),
        ("POST", "/dev/schedules"),
        ("POST", "Tick"),
        ("GET", "/dev/schedules/Tick"),
    ],
)
def test_other_requests_run_nothing(path: Path, ticks: list[Any], method: str, url_path: str) -> None:
    assert request_path(path, url_path, method)[0] == 404
    assert ticks == []
