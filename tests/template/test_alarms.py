"""Alarms and dashboards watch what is there, and the runbook says what to do."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from gatehouse_dev.template import Template
from tests.costs.log_output import access_line
from tests.support.filters import FILTERS, filter_matches
from tests.support.layout import ROOT
from tests.support.transformed import of_type, source, transformed, untransformed

MOST_METRICS = 10  # AWS takes no more in the alarm of an expression
RUNBOOK = (ROOT / "docs/runbook.md").read_text(encoding="utf-8")
ALARMS = of_type(untransformed(), "AWS::CloudWatch::Alarm")
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


def watched(alarm: str, metric: str, dimension: str = "FunctionName") -> list[str]:
    """What an alarm looks at for this metric, each as often as it is there."""
    return sorted(dimensions(one)[dimension]["Ref"] for one in metrics(alarm) if one["MetricName"] == metric)


# -- Alarms -------------------------------------------------------------------------


@pytest.mark.parametrize("metric", ["Errors", "Throttles"])
def test_every_function_that_the_api_does_not_call_is_watched_by_name(template: Template, metric: str) -> None:
    """Of those that it calls its access log tells when Lambda refuses them; all that fail are in the functions' log."""
    called_by_the_api = {route.function for route in template.routes}

    assert watched(f"Background{metric}", metric) == sorted(template.functions.keys() - called_by_the_api)


def test_everything_that_follows_a_stream_is_watched_for_falling_behind(template: Template) -> None:
    following = sorted(name for name, function in template.functions.items() if function.streams)

    assert watched("StreamsBehind", "IteratorAge") == following


@pytest.mark.parametrize("metric", ["ReadThrottleEvents", "WriteThrottleEvents"])
def test_every_table_is_watched(template: Template, metric: str) -> None:
    assert watched("TableThrottles", metric, "TableName") == sorted(template.tables)


def test_dynamodb_is_watched_for_failing_at_any_operation() -> None:
    """In these dimensions it tells SystemErrors, and a query of an alarm may name one table or all."""
    (query,) = ALARMS["TableErrors"]["Metrics"]

    assert query["Expression"] == 'SELECT SUM(SystemErrors) FROM SCHEMA("AWS/DynamoDB", Operation, TableName)'


@every_alarm
def test_cloudwatch_takes_the_alarm(alarm: str) -> None:
    entries = ALARMS[alarm]["Metrics"]
    (shown,) = (entry for entry in entries if entry.get("ReturnData", True))
    expression = shown.get("Expression", "")
    names = {entry["Id"] for entry in entries if entry is not shown}
    used = set(re.findall(r"\b[a-z]\w*", expression))

    assert shown["Id"] == "watched"
    assert len(metrics(alarm)) <= MOST_METRICS
    assert "SEARCH" not in expression
    assert len(names) == len(entries) - 1
    assert all(re.fullmatch(r"[a-z]\w*", name) for name in names)
    if expression.startswith("SELECT"):
        assert (len(entries), shown["Period"]) == (1, 60)
    else:
        assert used <= names
        assert used == names or "METRICS()" in expression
        assert len({entry["MetricStat"]["Period"] for entry in entries if "MetricStat" in entry}) == 1


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


# -- What is counted in the logs ----------------------------------------------------


def told(kind: str, **record: Any) -> str:
    """Lambda's record: https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html."""
    return json.dumps({"time": "2026-11-21T12:00:00.000Z", "type": f"platform.{kind}", "record": record})


RAISED = {  # what the runtime writes when a handler raises; Lambda's report calls that a success
    "timestamp": "2026-11-21T12:00:00Z",
    "log_level": "ERROR",
    "errorMessage": "",
    "errorType": "NotAllReminded",
    "requestId": "6d68ca91-49c9-448d-89b8-7ca3e6dc66aa",
    "stackTrace": ['  File "/var/task/handler.py", line 18, in handle\n    raise NotAllReminded\n'],
}


@pytest.mark.parametrize(
    "line",
    [
        json.dumps(RAISED),
        told("report", requestId="r", metrics={"durationMs": 15_000.0}, status="timeout"),
        told("report", requestId="r", metrics={"durationMs": 9.5}, status="error", errorType="Runtime.ExitError"),
        told("report", requestId="r", metrics={"durationMs": 9.5}, status="failure", errorType="Runtime.OutOfMemory"),
    ],
)
def test_a_function_that_fails_is_counted(line: str) -> None:
    assert filter_matches("FailedInvocations", line)


@pytest.mark.parametrize("kind", ["start", "runtimeDone", "report", "initReport", "restoreReport"])
def test_one_that_does_not_is_not(kind: str) -> None:
    assert not filter_matches(
        "FailedInvocations", told(kind, requestId="r", metrics={"durationMs": 9.5}, status="success")
    )


@pytest.mark.parametrize(
    ("status", "of_lambda", "counted"),
    [
        ("503", "429", True),
        ("200", "200", False),
        ("429", "200", False),  # the function's answer, where a limit of ours is reached
        ("429", "-", False),  # API Gateway's own
        ("500", "200", False),
        ("429", "429", False),  # were it the function's after all
    ],
)
def test_lambda_that_refuses_is_counted(template: Template, status: str, of_lambda: str, counted: bool) -> None:  # noqa: FBT001 -- a column of the table above
    line = access_line(template, "GET /health", **{"status": status, "integration.integrationStatus": of_lambda})

    assert filter_matches("ThrottledInvocations", line) is counted


@pytest.mark.parametrize(
    ("name", "group", "alarm"),
    [("FailedInvocations", "Logs", "FunctionErrors"), ("ThrottledInvocations", "AccessLogs", "FunctionThrottles")],
)
def test_what_is_counted_is_watched(name: str, group: str, alarm: str) -> None:
    (transformation,) = FILTERS[name]["MetricTransformations"]
    (metric,) = metrics(alarm)

    assert FILTERS[name]["LogGroupName"] == {"Ref": group}
    assert transformation == {
        "MetricNamespace": metric["Namespace"],
        "MetricName": metric["MetricName"],
        "MetricValue": "1",
    }
    assert "${AWS::StackName}" in metric["Namespace"]["Fn::Sub"]  # or two stacks in one account would count together


# -- Metrics of our own -------------------------------------------------------------


@pytest.fixture
def measured(running_cloud: object, capsys: pytest.CaptureFixture[str]) -> dict[str, set[str]]:
    """The dimensions of each of our metrics, as functions write them."""
    assert running_cloud
    from gatehouse import telemetry  # noqa: PLC0415 -- the layer reads the environment when imported

    telemetry.count_metric("Outcomes", function="f", outcome="OK")
    telemetry.count_metric("RefreshReuse")
    metrics = [json.loads(line)["_aws"]["CloudWatchMetrics"][0] for line in capsys.readouterr().out.splitlines()]
    assert {metric["Namespace"] for metric in metrics} == {OURS}
    return {metric["Metrics"][0]["Name"]: set(metric["Dimensions"][0]) for metric in metrics}


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
