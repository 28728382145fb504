"""Alarms and dashboards watch what is there, and the runbook says what to do."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from gatehouse_dev.template import Template
from tests.support.layout import ROOT
from tests.support.transformed import of_type, source, transformed, written

MOST_METRICS = 10  # AWS takes no more in the alarm of an expression
RUNBOOK = (ROOT / "docs/runbook.md").read_text(encoding="utf-8")
ALARMS = of_type(written(), "AWS::CloudWatch::Alarm")
OURS = "Gatehouse"
SEARCHED = re.compile(r"SEARCH\('\{(?P<names>[^}]*)\} .* function=\"(?P<function>\w+)\"")
THRESHOLDS = {
    "ApiErrors": 1,  # per cent
    "ApiLatency": 3000,  # milliseconds
    "StreamsBehind": 300_000,  # milliseconds
    "MailBounces": 0.04,
    "MailComplaints": 0.0008,
    "RefreshReuseSpike": 5,
    "FailedSignIns": {"Ref": "FailedSignInsAlarm"},
}

every_alarm = pytest.mark.parametrize("alarm", sorted(ALARMS))


def metrics(alarm: str) -> list[Mapping[str, Any]]:
    """What an alarm looks at, without its expression."""
    return [entry["MetricStat"]["Metric"] for entry in ALARMS[alarm]["Metrics"] if "MetricStat" in entry]


def dimensions(metric: Mapping[str, Any]) -> dict[str, Any]:
    """A metric's dimensions, by name."""
    return {dimension["Name"]: dimension["Value"] for dimension in metric["Dimensions"]}


def watched(alarms: str, metric: str) -> list[str]:
    """The functions whose `metric` alarms of a kind look at, each as often as it is there."""
    found = (one for alarm in ALARMS if alarm.endswith(alarms) for one in metrics(alarm))
    return sorted(dimensions(one)["FunctionName"]["Ref"] for one in found if one["MetricName"] == metric)


# -- Alarms -------------------------------------------------------------------------


@pytest.mark.parametrize("metric", ["Errors", "Throttles"])
def test_every_function_is_watched_once(template: Template, metric: str) -> None:
    """A new function goes into the alarm of its class in `template.yaml`, for both metrics."""
    assert watched(metric, metric) == sorted(template.functions)


def test_everything_that_follows_a_stream_is_watched_for_falling_behind(template: Template) -> None:
    following = sorted(name for name, function in template.functions.items() if function.streams)

    assert watched("StreamsBehind", "IteratorAge") == following


def test_every_table_is_watched(template: Template) -> None:
    tables = {
        alarm: {str(dimensions(metric)["TableName"]["Ref"]) for metric in metrics(alarm)}
        for alarm in ALARMS
        if alarm.endswith("Trouble")
    }

    assert tables == {f"{table}Trouble": {table} for table in template.tables}


@every_alarm
def test_cloudwatch_takes_the_alarm(alarm: str) -> None:
    entries = ALARMS[alarm]["Metrics"]
    expression, *stats = entries
    names = {entry["Id"] for entry in stats}
    used = set(re.findall(r"\b[a-z]\w*", expression["Expression"]))

    assert 1 <= len(stats) <= MOST_METRICS
    assert "SEARCH" not in expression["Expression"]
    assert len(names) == len(stats)
    assert all(re.fullmatch(r"[a-z]\w*", name) for name in names)
    assert used <= names
    assert used == names or "METRICS()" in expression["Expression"]
    assert [entry["Id"] for entry in entries if entry.get("ReturnData", True)] == ["watched"]
    assert len({entry["MetricStat"]["Period"] for entry in stats}) == 1


@every_alarm
def test_somebody_hears_of_it(alarm: str) -> None:
    assert ALARMS[alarm]["AlarmActions"] == ALARMS[alarm]["OKActions"] == [{"Ref": "Alarms"}]


@every_alarm
def test_it_goes_off_where_it_should(alarm: str) -> None:
    assert ALARMS[alarm]["Threshold"] == THRESHOLDS.get(alarm, 1)
    assert ALARMS[alarm]["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"


def test_alarms_are_mailed_to_whoever_is_named() -> None:
    subscription = transformed(AlarmEmail="ops@example.com")["AlarmSubscription"]["Properties"]

    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", {"Ref": "AlarmEmail"})
    assert "AlarmSubscription" not in transformed()


# -- Metrics of our own -------------------------------------------------------------


@pytest.fixture
def measured(running_cloud: object, capsys: pytest.CaptureFixture[str]) -> dict[str, set[str]]:
    """The dimensions of each of our metrics, as functions write them."""
    assert running_cloud
    from gatehouse import telemetry  # noqa: PLC0415 -- the layer reads the environment when imported

    telemetry.count("Outcomes", function="f", outcome="OK")
    telemetry.count("RefreshReuse")
    written = [json.loads(line)["_aws"]["CloudWatchMetrics"][0] for line in capsys.readouterr().out.splitlines()]
    assert {metric["Namespace"] for metric in written} == {OURS}
    return {metric["Metrics"][0]["Name"]: set(metric["Dimensions"][0]) for metric in written}


def test_alarms_know_the_dimensions_of_our_metrics(measured: dict[str, set[str]]) -> None:
    """One dimension more or less is another metric, which nothing ever writes to."""
    ours = [metric for alarm in ALARMS for metric in metrics(alarm) if metric["Namespace"] == OURS]

    assert {metric["MetricName"] for metric in ours} == measured.keys()
    for metric in ours:
        assert dimensions(metric).keys() == measured[metric["MetricName"]]
        assert dimensions(metric)["service"] == {"Ref": "AWS::StackName"}


def test_alarms_know_what_functions_are_called_and_answer(template: Template, running_cloud: object) -> None:
    assert running_cloud
    from gatehouse import errors  # noqa: PLC0415 -- the same
    from gatehouse.mail import Delivery  # noqa: PLC0415 -- the same

    codes = {one.code for one in vars(errors).values() if hasattr(one, "code")} | set(Delivery)
    for alarm in ALARMS:
        for metric in metrics(alarm):
            if metric["Namespace"] == OURS and "outcome" in (found := dimensions(metric)):
                assert found["function"] in called(template)
                assert found["outcome"] in codes


def called(template: Template) -> set[str]:
    """What functions are called in their metrics."""
    return {function.folder.name for function in template.functions.values()}


# -- Dashboards ---------------------------------------------------------------------


def bodies(template: Template) -> Iterator[dict[str, Any]]:
    """The dashboards, resolved."""
    for resource in template.resources.values():
        if resource["Type"] == "AWS::CloudWatch::Dashboard":
            yield json.loads(resource["Properties"]["DashboardBody"])


def test_one_dashboard_is_about_people_and_one_about_machines(template: Template) -> None:
    business, machines = ({metric[0] for metric in shown(body) if len(metric) > 1} for body in bodies(template))

    assert business == {OURS}
    assert {"AWS/ApiGateway", "AWS/DynamoDB", "AWS/Lambda", "AWS/SES"} == machines


def test_dashboards_know_our_metrics(template: Template, measured: dict[str, set[str]]) -> None:
    for body in bodies(template):
        for metric in shown(body):
            if metric[0] == OURS:
                named = dict(zip(metric[2::2], metric[3::2], strict=False))
                assert named.keys() == measured[metric[1]]
                assert named.get("function", "sign_in") in called(template)
            elif isinstance(metric[0], dict) and (search := SEARCHED.match(metric[0]["expression"])):
                assert set(search["names"].split(",")) == {OURS, *measured["Outcomes"]}
                assert search["function"] in called(template)


def test_widgets_lie_beside_each_other(template: Template) -> None:
    for body in bodies(template):
        places = [(widget["x"], widget["y"]) for widget in body["widgets"]]
        assert len(set(places)) == len(places)


def shown(body: dict[str, Any]) -> list[list[Any]]:
    """The metrics of all widgets."""
    return [metric for widget in body["widgets"] for metric in widget["properties"]["metrics"]]


# -- The runbook --------------------------------------------------------------------


def sections() -> dict[str, str]:
    """What the runbook says of each alarm; one heading may name several."""
    parts = re.split(r"^## (.+)$", RUNBOOK, flags=re.MULTILINE)[1:]
    return {
        name: text
        for heading, text in zip(parts[::2], parts[1::2], strict=True)
        for name in re.findall(r"`(\w+)`", heading)
    }


def test_every_alarm_has_a_section_and_every_section_an_alarm() -> None:
    assert sections().keys() == ALARMS.keys()
    assert sum(len(re.findall(r"`(\w+)`", line)) for line in RUNBOOK.splitlines() if line.startswith("## ")) == len(
        ALARMS
    )


@every_alarm
def test_a_section_says_what_it_means_and_what_to_do_first(alarm: str) -> None:
    assert "**It means**" in sections()[alarm]
    assert "**First**" in sections()[alarm]


@pytest.mark.parametrize("page", ["runbook.md", "deploy.md"])
def test_links_lead_somewhere(page: str) -> None:
    for target, anchor in re.findall(r"\]\(([\w./]+\.md)(?:#([\w-]+))?\)", (ROOT / "docs" / page).read_text()):
        headings = re.findall(r"^#+ (.+)$", (ROOT / "docs" / target).read_text(), flags=re.MULTILINE)
        assert not anchor or anchor in {re.sub(r"[^\w -]", "", head).lower().replace(" ", "-") for head in headings}


def test_every_alarm_leads_there() -> None:
    assert all(alarm["AlarmDescription"].endswith("See docs/runbook.md") for alarm in ALARMS.values())
    assert source()["Resources"]["Alarms"]["Type"] == "AWS::SNS::Topic"
