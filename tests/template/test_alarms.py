"""Alarms and dashboards cover all resources and use existing metrics, and the runbook describes each alarm."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from gatehouse_dev import error_reference
from gatehouse_dev.template import Template
from tests.costs.log_output import access_line
from tests.support.filters import FILTERS, filter_matches
from tests.support.layout import ROOT
from tests.support.transformed import of_type, source, transformed, untransformed

MOST_METRICS = 10  # AWS's limit for an alarm on an expression
RUNBOOK = (ROOT / "docs/runbook.md").read_text(encoding="utf-8")
ALARMS = of_type(untransformed(), "AWS::CloudWatch::Alarm")
OURS = "Gatehouse"
SEARCH = re.compile(r"SEARCH\('\{(?P<names>[^}]*)\} .* function=\"(?P<function>\w+)\"")
THRESHOLDS = {
    "ApiErrors": 1,  # per cent
    "ApiLatency": 3000,  # milliseconds
    "StreamsBehind": 300_000,  # milliseconds
    "MailBounces": 0.04,
    "MailComplaints": 0.0008,
    "PasskeyClonedSpike": 5,
    "RefreshReuseSpike": 5,
    "FailedSignIns": {"Ref": "FailedSignInsAlarm"},
    "ManySignUps": {"Ref": "SignUpsAlarm"},
}

every_alarm = pytest.mark.parametrize("alarm", sorted(ALARMS))


def metrics(alarm: str) -> list[Mapping[str, Any]]:
    """Return the metrics of an alarm, without its expression."""
    return [entry["MetricStat"]["Metric"] for entry in ALARMS[alarm]["Metrics"] if "MetricStat" in entry]


def dimensions(metric: Mapping[str, Any]) -> dict[str, Any]:
    """Return a metric's dimensions by name."""
    return {dimension["Name"]: dimension["Value"] for dimension in metric["Dimensions"]}


def watched(alarm: str, metric: str, dimension: str = "FunctionName") -> list[str]:
    """Return the resources for which an alarm uses this metric, repeated as in the alarm."""
    return sorted(dimensions(one)[dimension]["Ref"] for one in metrics(alarm) if one["MetricName"] == metric)


# -- Alarms -------------------------------------------------------------------------


@pytest.mark.parametrize("metric", ["Errors", "Throttles"])
def test_an_alarm_covers_each_function_that_the_api_does_not_call(template: Template, metric: str) -> None:
    """For the others, the access log has throttled invocations, and the functions' log has all failures."""
    called_by_the_api = {route.function for route in template.routes}

    assert watched(f"Background{metric}", metric) == sorted(template.functions.keys() - called_by_the_api)


def test_an_alarm_covers_the_iterator_age_of_each_stream_function(template: Template) -> None:
    consumers = sorted(name for name, function in template.functions.items() if function.streams)

    assert watched("StreamsBehind", "IteratorAge") == consumers


@pytest.mark.parametrize("metric", ["ReadThrottleEvents", "WriteThrottleEvents"])
def test_an_alarm_covers_throttling_of_each_table(template: Template, metric: str) -> None:
    assert watched("TableThrottles", metric, "TableName") == sorted(template.tables)


def test_an_alarm_covers_system_errors_of_all_dynamodb_operations() -> None:
    """DynamoDB publishes SystemErrors in these dimensions; the query of an alarm can select one table or all."""
    (query,) = ALARMS["TableErrors"]["Metrics"]

    assert query["Expression"] == 'SELECT SUM(SystemErrors) FROM SCHEMA("AWS/DynamoDB", Operation, TableName)'


@every_alarm
def test_an_alarm_is_within_cloudwatchs_rules(alarm: str) -> None:
    entries = ALARMS[alarm]["Metrics"]
    (returned,) = (entry for entry in entries if entry.get("ReturnData", True))
    expression = returned.get("Expression", "")
    names = {entry["Id"] for entry in entries if entry is not returned}
    used = set(re.findall(r"\b[a-z]\w*", expression))

    assert returned["Id"] == "watched"
    assert len(metrics(alarm)) <= MOST_METRICS
    assert "SEARCH" not in expression
    assert len(names) == len(entries) - 1
    assert all(re.fullmatch(r"[a-z]\w*", name) for name in names)
    if expression.startswith("SELECT"):
        assert (len(entries), returned["Period"]) == (1, 60)
    else:
        assert used <= names
        assert used == names or "METRICS()" in expression
        assert len({entry["MetricStat"]["Period"] for entry in entries if "MetricStat" in entry}) == 1


@every_alarm
def test_an_alarm_notifies_the_topic(alarm: str) -> None:
    assert ALARMS[alarm]["AlarmActions"] == ALARMS[alarm]["OKActions"] == [{"Ref": "Alarms"}]


@every_alarm
def test_an_alarm_has_the_documented_threshold(alarm: str) -> None:
    assert ALARMS[alarm]["Threshold"] == THRESHOLDS.get(alarm, 1)
    assert ALARMS[alarm]["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"


def test_alarms_are_mailed_to_the_configured_address() -> None:
    subscription = transformed(AlarmEmail="ops@example.com")["AlarmSubscription"]["Properties"]

    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", {"Ref": "AlarmEmail"})
    assert "AlarmSubscription" not in transformed()


# -- What is counted in the logs ----------------------------------------------------


def platform_event(kind: str, **record: Any) -> str:
    """Return an event of Lambda's telemetry: https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html."""
    return json.dumps({"time": "2026-11-21T12:00:00.000Z", "type": f"platform.{kind}", "record": record})


RAISED = {  # the runtime's line when a handler raises; Lambda's report says success
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
        platform_event("report", requestId="r", metrics={"durationMs": 15_000.0}, status="timeout"),
        platform_event(
            "report", requestId="r", metrics={"durationMs": 9.5}, status="error", errorType="Runtime.ExitError"
        ),
        platform_event(
            "report", requestId="r", metrics={"durationMs": 9.5}, status="failure", errorType="Runtime.OutOfMemory"
        ),
    ],
)
def test_a_failed_invocation_is_counted(line: str) -> None:
    assert filter_matches("FailedInvocations", line)


@pytest.mark.parametrize("kind", ["start", "runtimeDone", "report", "initReport", "restoreReport"])
def test_a_successful_invocation_is_not_counted(kind: str) -> None:
    assert not filter_matches(
        "FailedInvocations", platform_event(kind, requestId="r", metrics={"durationMs": 9.5}, status="success")
    )


@pytest.mark.parametrize(
    ("status", "from_lambda", "counted"),
    [
        ("503", "429", True),
        ("200", "200", False),
        ("429", "200", False),  # the function's response when a rate limit is exceeded
        ("429", "-", False),  # API Gateway's own response
        ("500", "200", False),
        ("429", "429", False),  # as if the function had responded
    ],
)
def test_a_throttled_invocation_is_counted(template: Template, status: str, from_lambda: str, counted: bool) -> None:  # noqa: FBT001 -- a column of the table above
    line = access_line(template, "GET /health", **{"status": status, "integration.integrationStatus": from_lambda})

    assert filter_matches("ThrottledInvocations", line) is counted


@pytest.mark.parametrize(
    ("name", "group", "alarm"),
    [
        ("FailedInvocations", "Logs", "FunctionErrors"),
        ("ThrottledInvocations", "AccessLogs", "FunctionThrottles"),
        ("Guesses", "Logs", "FailedSignIns"),
        ("SignUps", "Logs", "ManySignUps"),
    ],
)
def test_an_alarm_uses_the_counted_metric(name: str, group: str, alarm: str) -> None:
    (transformation,) = FILTERS[name]["MetricTransformations"]
    (metric,) = metrics(alarm)

    assert FILTERS[name]["LogGroupName"] == {"Ref": group}
    assert transformation == {
        "MetricNamespace": metric["Namespace"],
        "MetricName": metric["MetricName"],
        "MetricValue": "1",
    }
    assert (
        "${AWS::StackName}" in metric["Namespace"]["Fn::Sub"]
    )  # else two stacks in one account would share the metric


# -- Metrics of our own -------------------------------------------------------------


@pytest.fixture
def metric_dimensions(running_cloud: object, capsys: pytest.CaptureFixture[str]) -> dict[str, set[str]]:
    """Return the dimensions of each of our metrics, as functions write them."""
    assert running_cloud
    from gatehouse import telemetry  # noqa: PLC0415 -- the layer reads the environment when imported

    telemetry.count_metric("Outcomes", function="f", outcome="OK")
    telemetry.count_metric("RefreshReuse")
    telemetry.count_metric("PasskeyCloned")
    metrics = [json.loads(line)["_aws"]["CloudWatchMetrics"][0] for line in capsys.readouterr().out.splitlines()]
    assert {metric["Namespace"] for metric in metrics} == {OURS}
    return {metric["Metrics"][0]["Name"]: set(metric["Dimensions"][0]) for metric in metrics}


def test_alarms_use_the_dimensions_of_our_metrics(metric_dimensions: dict[str, set[str]]) -> None:
    """With other dimensions it would be another metric, which no function writes."""
    ours = [metric for alarm in ALARMS for metric in metrics(alarm) if metric["Namespace"] == OURS]

    assert {metric["MetricName"] for metric in ours} == metric_dimensions.keys()
    for metric in ours:
        assert dimensions(metric).keys() == metric_dimensions[metric["MetricName"]]
        assert dimensions(metric)["service"] == {"Ref": "AWS::StackName"}


def test_alarms_use_existing_functions_and_outcomes(template: Template, running_cloud: object) -> None:
    assert running_cloud
    from gatehouse.mail import Delivery  # noqa: PLC0415 -- the same

    codes = {one.code for one in error_reference.catalogue()} | set(Delivery)
    for alarm in ALARMS:
        for metric in metrics(alarm):
            if metric["Namespace"] == OURS and "outcome" in (found := dimensions(metric)):
                assert found["function"] in metric_names(template)
                assert found["outcome"] in codes


def metric_names(template: Template) -> set[str]:
    """Return the names of functions in their metrics."""
    return {function.folder.name for function in template.functions.values()}


# -- Dashboards ---------------------------------------------------------------------


def bodies(template: Template) -> Iterator[dict[str, Any]]:
    """Return the resolved bodies of the dashboards."""
    for resource in template.resources.values():
        if resource["Type"] == "AWS::CloudWatch::Dashboard":
            yield json.loads(resource["Properties"]["DashboardBody"])


def test_one_dashboard_has_business_metrics_and_one_has_technical_metrics(template: Template) -> None:
    business, technical = (
        {metric[0] for metric in widget_metrics(body) if len(metric) > 1} for body in bodies(template)
    )

    assert business == {OURS}
    assert {"AWS/ApiGateway", "AWS/DynamoDB", "AWS/Lambda", "AWS/SES"} == technical


def test_dashboards_use_the_dimensions_of_our_metrics(
    template: Template, metric_dimensions: dict[str, set[str]]
) -> None:
    for body in bodies(template):
        for metric in widget_metrics(body):
            if metric[0] == OURS:
                named = dict(zip(metric[2::2], metric[3::2], strict=False))
                assert named.keys() == metric_dimensions[metric[1]]
                assert named.get("function", "sign_in") in metric_names(template)
            elif isinstance(metric[0], dict) and (search := SEARCH.match(metric[0]["expression"])):
                assert set(search["names"].split(",")) == {OURS, *metric_dimensions["Outcomes"]}
                assert search["function"] in metric_names(template)


def test_widgets_do_not_overlap(template: Template) -> None:
    for body in bodies(template):
        positions = [(widget["x"], widget["y"]) for widget in body["widgets"]]
        assert len(set(positions)) == len(positions)


def widget_metrics(body: dict[str, Any]) -> list[list[Any]]:
    """Return the metrics of all widgets."""
    return [metric for widget in body["widgets"] for metric in widget["properties"]["metrics"]]


# -- The runbook --------------------------------------------------------------------


def sections() -> dict[str, str]:
    """Return the runbook's section of each alarm. A heading may name several alarms."""
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
def test_a_section_has_a_meaning_and_a_first_step(alarm: str) -> None:
    assert "**It means**" in sections()[alarm]
    assert "**First**" in sections()[alarm]


@pytest.mark.parametrize("page", ["runbook.md", "deploy.md"])
def test_anchors_of_links_exist(page: str) -> None:
    for target, anchor in re.findall(r"\]\(([\w./]+\.md)(?:#([\w-]+))?\)", (ROOT / "docs" / page).read_text()):
        headings = re.findall(r"^#+ (.+)$", (ROOT / "docs" / target).read_text(), flags=re.MULTILINE)
        assert not anchor or anchor in {re.sub(r"[^\w -]", "", head).lower().replace(" ", "-") for head in headings}


def test_every_alarm_refers_to_the_runbook() -> None:
    assert all(alarm["AlarmDescription"].endswith("See docs/runbook.md") for alarm in ALARMS.values())
    assert source()["Resources"]["Alarms"]["Type"] == "AWS::SNS::Topic"
