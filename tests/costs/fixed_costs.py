"""The monthly cost of an unused stack, from the template."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gatehouse_dev.template import Template
from tests.costs.bill import bill
from tests.costs.consumption import Consumption
from tests.costs.prices import (
    ALARM_METRIC,
    DASHBOARD,
    HOURS,
    METRIC,
    POLL_SECONDS,
    POLLERS,
    QUEUE_REQUEST,
    SECRET,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A monthly cost: a number of items, and US$ for each."""

    what: str
    number: float
    each: float

    @property
    def dollars(self) -> float:
        """The price of all of them."""
        return self.number * self.each


def items(template: Template, idle: Mapping[str, Consumption]) -> Iterator[Item]:
    """Return all monthly costs. `idle` is the consumption of scheduled functions that find no work."""
    resources = template.resources.values()
    alarms = [resource["Properties"] for resource in resources if resource["Type"] == "AWS::CloudWatch::Alarm"]
    yield Item(what=f"metrics in {len(alarms)} alarms", number=sum(map(_metrics, alarms)), each=ALARM_METRIC)
    yield Item(what="dashboards", number=_of_type(template, "AWS::CloudWatch::Dashboard"), each=DASHBOARD)
    yield Item(what="secrets", number=_of_type(template, "AWS::SecretsManager::Secret"), each=SECRET)
    assert {name for name, function in template.functions.items() if function.schedules} == idle.keys()
    for function, consumption in idle.items():
        (schedule,) = template.functions[function].schedules
        runs = HOURS * 3600 / schedule.interval.total_seconds()
        yield Item(what=f"runs of {function}, {schedule.expression}", number=runs, each=bill(consumption).total)
        yield Item(what=f"metrics that {function} tells", number=len(_steady(consumption)), each=METRIC)
    polls = POLLERS * HOURS * 3600 / POLL_SECONDS
    yield Item(what="looks into empty queues", number=polls * len(list(_queues(template))), each=QUEUE_REQUEST)


def _steady(consumption: Consumption) -> frozenset[str]:
    """Return the metrics without those of cold starts, which are rare in a function that runs regularly."""
    return frozenset(name for name in consumption.metrics if "ColdStart" not in name)


def _metrics(alarm: Mapping[str, Any]) -> int:
    """Return the number of metrics in an alarm."""
    return sum("MetricStat" in entry for entry in alarm.get("Metrics", ())) or 1


def _of_type(template: Template, kind: str) -> int:
    return sum(resource["Type"] == kind for resource in template.resources.values())


def _queues(template: Template) -> Iterator[str]:
    """Return the functions for which Lambda polls a queue."""
    for name in template.functions:
        events = (template.resources[name]["Properties"].get("Events") or {}).values()
        yield from (name for event in events if event["Type"] == "SQS")
