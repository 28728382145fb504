"""Costs follow AWS's rules, calls do not grow with lists, and docs/costs.md is current."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from math import exp
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from gatehouse_dev.template import Template
from tests.costs.__main__ import PAGE
from tests.costs.all_calls import OTHERS, calls
from tests.costs.bill import Bill, bill
from tests.costs.call_tables import PRICES, TAKES, dynamodb_cells
from tests.costs.consumption import Consumption
from tests.costs.fixed_costs import items
from tests.costs.growth import HEAD, not_flat
from tests.costs.invocation_timer import InvocationTimer, Run, billed
from tests.costs.log_output import LogOutput, access_line
from tests.costs.meter import Cost, Meter
from tests.costs.moto_speedups import quick_rows
from tests.costs.runner import is_constant_time
from tests.costs.sizes import (
    Index,
    batch_units,
    item_size,
    query_units,
    stored,
    transaction_units,
    value_size,
    write_units,
)
from tests.costs.tables import rows_below
from tests.costs.task_lists import ONE_IN, fixed_clock
from tests.costs.task_requests import Measured, TaskUser
from tests.costs.usage_profile import active_hours, by_one, month
from tests.support.auth_calls import sign_in
from tests.support.calls import Api
from tests.support.layout import FUNCTIONS
from tests.support.people import PASSWORD, People
from tests.support.provider import Provider
from tests.support.tasks import create_task

SHORT, LONG = 10, 150

pytestmark = pytest.mark.xdist_group("costs")  # the tests share measurements

KB = 1024


def item_of_size(size: float) -> dict[str, Any]:
    """Return an item of so many bytes."""
    return {"a": {"S": "x" * (round(size) - 1)}}


# -- AWS's rules, by the examples in its guides -------------------------------------


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ({"S": "Käse"}, 5),
        ({"B": b"\0\1"}, 2),
        ({"N": "7"}, 2),
        ({"N": "27"}, 2),
        ({"N": "100"}, 2),
        ({"N": "0.0012"}, 2),
        ({"N": "1763726400123"}, 8),
        ({"SS": ["ab", "c"]}, 3),
        ({"BOOL": False}, 1),
        ({"NULL": True}, 1),
        ({"L": []}, 3),
        ({"L": [{"S": "ab"}, {"S": "c"}]}, 3 + 2 + 3),
        ({"M": {"key": {"BOOL": True}}}, 3 + 1 + 4),
    ],
)
def test_a_value_has_the_documented_size(value: Mapping[str, Any], size: int) -> None:
    assert value_size(value) == size


def test_names_count_for_the_size() -> None:
    assert item_size({"größe": {"S": "ab"}, "b": {"BOOL": True}}) == 7 + 2 + 1 + 1


@pytest.mark.parametrize(
    ("sizes", "together"),
    [
        ([40.8 * KB / 10] * 10, 11),  # "DynamoDB rounds the item size for the operation to 44 KB"
        ([64] * 1500, 24),  # "the cumulative size is 96 KB"
        ([3500], 1),
        ([], 1),  # "even if no data exists"
    ],
)
def test_a_query_is_rounded_once(sizes: list[float], together: int) -> None:
    assert query_units(map(item_of_size, sizes)) == together


def test_a_batch_is_rounded_for_each_item() -> None:
    """The guide's 1.5 KB and 6.5 KB are 12 KB, not 8 KB. A missing item takes one unit."""
    assert batch_units([item_of_size(1.5 * KB), item_of_size(6.5 * KB)]) == 3
    assert batch_units([], missing=2) == 2


@pytest.mark.parametrize(
    ("before", "after", "write"),
    [
        (None, 3 * KB, 6),  # "a transactional write request of a 3 KB item would require six"
        (3 * KB, None, 6),
        (500, 500, 2),
        (200, 2.5 * KB, 6),  # "the larger of the item's sizes before and after"
        (2.5 * KB, 200, 6),
    ],
)
def test_a_transaction_takes_the_larger_state_twice(before: float | None, after: float | None, write: int) -> None:
    assert transaction_units(before and item_of_size(before), after and item_of_size(after)) == write  # type: ignore[arg-type]


def test_a_write_by_itself_takes_the_larger_state_once() -> None:
    assert [write_units(None, item_of_size(1.5 * KB)), write_units(item_of_size(3 * KB), item_of_size(9))] == [2, 3]
    assert write_units(None, None) == 1  # deleting a missing item


WHOLE = Index(name="by_k", key="k", attributes=None)
KEYS = Index(name="by_k", key="k", attributes=frozenset({"a", "k"}))
SMALL, MOVED, OTHER = ({"k": {"S": k}, "v": {"S": v}} for k, v in (("1", "x"), ("2", "x"), ("1", "y")))
LARGE = {"k": {"S": "1"}, "v": {"S": "x" * 1500}}


@pytest.mark.parametrize(
    ("index", "before", "after", "write"),
    [
        (WHOLE, None, SMALL, 1),  # 200 bytes or less: "DynamoDB rounds this up to 1 KB"
        (WHOLE, SMALL, None, 1),
        (WHOLE, SMALL, MOVED, 2),  # one to delete, one to put
        (WHOLE, SMALL, OTHER, 1),  # "one write to update the projected attributes"
        (WHOLE, SMALL, LARGE, 2),
        (WHOLE, SMALL, SMALL, 0),
        (WHOLE, {"v": {"S": "x"}}, {"v": {"S": "y"}}, 0),  # not in the index
        (WHOLE, {"v": {"S": "x"}}, SMALL, 1),
        (KEYS, SMALL, OTHER, 0),
        (KEYS, SMALL, LARGE, 0),
        (KEYS, SMALL, MOVED, 2),
    ],
)
def test_an_index_is_billed_for_changes_of_its_entries(index: Index, before: Any, after: Any, write: int) -> None:
    assert index.units(before, after) == write


def test_storage_has_a_hundred_more_bytes_per_item_and_entry() -> None:
    assert stored(SMALL, [WHOLE, KEYS]) == (100 + 4) + (100 + 4) + (100 + 2)


# -- Consumption of calls -------------------------------------------------------------


@pytest.fixture(scope="module")
def measurements(api: Api, running_cloud: Cloud) -> list[Measured]:
    """The measurements with a short and a long list."""
    from gatehouse import clock  # noqa: PLC0415 -- the layer reads the environment when imported
    from gatehouse.keys import access_tokens, keyring, macs  # noqa: PLC0415 -- the same

    running_cloud.reset()
    keyring.clear_cache()
    with fixed_clock(), quick_rows():
        access_tokens.ensure_published()
        macs._last_refresh = clock.monotonic()
        meter = Meter(running_cloud)
        return [TaskUser(api, meter, size).measure(many=size == SHORT) for size in (SHORT, LONG)]


def test_calls_do_not_grow_beyond_full_pages(measurements: list[Measured]) -> None:
    assert not_flat(measurements) == []


@pytest.mark.parametrize("name", ["read", "delete", "export", "list by title, the first page"])
def test_a_growing_call_is_reported(measurements: list[Measured], name: str) -> None:
    short, long = measurements
    grown = replace(long, costs=long.costs | {name: replace(long.costs[name], items=501 + 3, trips=4)})

    assert [line.partition(":")[0] for line in not_flat([short, grown])] == [name]


def test_a_filter_is_billed_for_filtered_items(measurements: list[Measured]) -> None:
    rare = "list a tag that one in 500 has"

    assert ONE_IN > LONG / 2
    assert [measured.costs[rare].items for measured in measurements] == [2 + SHORT, 2 + LONG]


def test_a_creation_is_billed_for_task_index_entries_and_summary(call: Api, people: People, cloud: Cloud) -> None:
    """Two units per row in the transaction, and one per index entry: there are five, one for due dates only.

    Session, epoch and summary are read.
    """
    ann, meter = people.signed_in(), Meter(cloud)
    costs = []
    for due in (None, "2026-11-30"):
        with meter.counting():
            create_task(call, ann, due_date=due)
        costs.append((meter.cost.trips, meter.cost.read, meter.cost.write))

    assert costs == [(2, 3, 2 + 4 + 2), (2, 3, 2 + 5 + 2)]


# -- Prices -------------------------------------------------------------------------

MILLION, GB = 1_000_000, 2**30
USUAL = (
    "POST /api/auth/sign-up/email",
    "POST /api/auth/sign-in/email",
    "POST /api/auth/reset-password",
    "GET /api/auth/get-session",
    "POST /api/auth/refresh",
    "GET /api/auth/callback/{provider}",
    "GET /health",
    "SendMail, a mail",
)


@pytest.mark.parametrize(
    ("consumption", "costs"),
    [
        (Consumption(requests=MILLION), Bill(api=1)),
        (Consumption(invocations=MILLION), Bill(functions=0.2)),
        (Consumption(invocations=1).run_for(2000, 512), Bill(functions=0.0000002 + 0.0000133334)),
        (Consumption(cost=Cost(read=8 * MILLION, write=2 * MILLION)), Bill(dynamodb=1 + 1.25)),
        (Consumption(mails=10_000), Bill(mail=1)),
        (Consumption(notices=MILLION), Bill(mail=0.5 + 3 * 0.4)),
        (Consumption(logged=GB), Bill(logs=0.5 + 0.03)),
        (Consumption(sent=10 * GB), Bill(sent=0.9)),
    ],
)
def test_each_part_has_its_price(consumption: Consumption, costs: Bill) -> None:
    assert bill(consumption).parts == pytest.approx(costs.parts)
    assert bill(consumption).total == pytest.approx(sum(costs.parts))


def test_following_work_is_added_to_a_call() -> None:
    request, mail = Consumption(requests=1, invocations=1, metrics=frozenset("a")), Consumption(invocations=1, mails=1)

    assert request + mail == Consumption(requests=1, invocations=2, mails=1, metrics=frozenset("a"))


ONCE = Run(cpu=2, hashes=1, requests=Counter(dynamodb=2, email=1), slept=0)


@pytest.mark.parametrize(
    ("run", "memory", "constant_time", "milliseconds"),
    [
        (ONCE, 1769, False, 90),  # 2 + 21 + 2 * 5 + 50, which is 83
        (ONCE, 3538, False, 90),  # one thread uses one vCPU
        (ONCE, 512, False, 150),  # (2 + 21) / 0.289 + 60, which is 139
        (ONCE, 512, True, 200),
        (replace(ONCE, hashes=0, requests=Counter(), slept=30_000), 512, False, 30_250),
        (Run(cpu=0.1, hashes=0, requests=Counter(), slept=0), 512, False, 5),
    ],
)
def test_a_function_is_billed_for_cpu_and_waits(
    run: Run,
    memory: int,
    constant_time: bool,  # noqa: FBT001 -- a parameter of the table above
    milliseconds: int,
) -> None:
    slower = replace(run, cpu=run.cpu + 5)

    assert billed([slower, run], memory, constant_time=constant_time) == milliseconds


@pytest.mark.parametrize(("known", "milliseconds"), [(0, 200), (195, 195), (161, 161), (150, 200)])
def test_a_similar_earlier_time_is_used(known: int, milliseconds: int) -> None:
    found = Consumption(milliseconds=200, gb_seconds=0.1).with_known_time(known)

    assert found.milliseconds == milliseconds
    assert found.gb_seconds == pytest.approx(milliseconds / 2000)


def test_requests_to_aws_are_counted_as_waits(call: Api, people: People, provider: Provider) -> None:
    email = people.verified()

    run = InvocationTimer(provider).run(lambda: sign_in(call, email, PASSWORD))

    assert (run.hashes, run.requests["dynamodb"], run.requests["provider"]) == (1, 3, 0)
    assert run.waits == 3 * 5
    assert run.cpu > 0


def test_printed_lines_and_metrics_are_counted(call: Api) -> None:
    call("GET /api/auth/ok")  # so that it is warm
    printed = LogOutput()
    with printed.recording():
        call("GET /api/auth/ok")

    assert printed.metrics == {"Gatehouse Outcomes function=ok outcome=OK service=gatehouse-local"}
    assert printed.bytes == sum(len(line) + 26 for line in printed.lines)
    assert len(printed.lines) == 2


def test_api_gateways_line_has_the_templates_format(template: Template) -> None:
    line = access_line(template, "GET /health")

    assert '"route":"GET /health","status":"200"' in line
    assert "$" not in line


def test_fixed_costs_come_from_the_template(template: Template) -> None:
    metric: dict[str, Any] = {"MetricStat": {}}
    alarms: list[dict[str, Any]] = [
        {"Metrics": [{"Expression": "SUM(METRICS())"}, metric, metric]},
        {"MetricName": "Errors"},
        {"Metrics": [{"Expression": "SELECT SUM(SystemErrors) FROM ..."}]},
    ]
    functions = {name: template.functions[name] for name in ("Remind", "RecordMailFeedback")}
    resources = {name: template.resources[name] for name in ("Secret", "BusinessDashboard", *functions)}
    resources |= {
        str(number): {"Type": "AWS::CloudWatch::Alarm", "Properties": one} for number, one in enumerate(alarms)
    }
    idle = {"Remind": Consumption(invocations=1, metrics=frozenset({"ColdStart", "Outcomes"}))}

    found = list(items(replace(template, resources=resources, functions=functions), idle))

    assert {item.what: item.number for item in found} == {
        "metrics in 3 alarms": 2 + 1 + 1,
        "dashboards": 1,
        "secrets": 1,
        "runs of Remind, rate(15 minutes)": 730 * 4,
        "metrics that Remind tells": 1,
        "looks into empty queues": 730 * 3600 / 20 * 5,
    }
    assert [item.dollars for item in found] == pytest.approx([0.4, 3, 0.4, 2920 * 0.0000002, 0.3, 0.2628])


def test_a_month_has_fixed_costs_and_usage() -> None:
    """With few users, a metric is recorded in few hours."""
    takes = {name: Consumption() for name, _ in by_one()}
    name, often = next(iter(by_one()))
    takes[name] = Consumption(requests=1, metrics=frozenset({"a", "b"}))

    found = month(1000, takes, task_bytes=GB / 1_000_000, standing=20)

    assert found.calls.total == pytest.approx(1000 * often / MILLION)
    assert found.storage == pytest.approx(1000 * 1000 / MILLION * 0.45)
    assert found.metrics == pytest.approx(2 * 0.3 * active_hours(1000 * often / 730))
    assert found.total == pytest.approx(found.calls.total + found.storage + found.metrics + 20)
    assert active_hours(0.5) == pytest.approx(1 - exp(-0.5))


# -- docs/costs.md ----------------------------------------------------------------------


CURRENT_PAGE = PAGE.read_text(encoding="utf-8")


def test_the_page_has_every_endpoint_and_function(template: Template) -> None:
    """A new one goes into `http_calls.py`, `task_calls.py` or `background_jobs.py`; then run `make costs`."""
    cells = [row["routes or function"].split(", ") for row in rows_below(TAKES, CURRENT_PAGE)]
    called = {route.key for route in template.routes if route.method != "HEAD"}  # it costs what GET costs
    background = {name for name, function in template.functions.items() if not function.routes}

    assert {name.strip("`") for cell in cells for name in cell} == called | background
    assert [row["call"] for row in rows_below(PRICES, CURRENT_PAGE)] == [
        row["call"] for row in rows_below(TAKES, CURRENT_PAGE)
    ]


def test_the_page_has_the_current_consumption_of_usual_calls(
    api: Api, running_cloud: Cloud, session_provider: Provider
) -> None:
    """If this fails, run `make costs`."""
    selected = [call for call in OTHERS if call.title in USUAL]
    columns = ("round trips", "read units", "write units", "mails")
    on_page = {row["call"]: tuple(row[column] for column in columns) for row in rows_below(TAKES, CURRENT_PAGE)}
    found = {
        call.title: (*dynamodb_cells(consumption), str(consumption.mails))
        for call, consumption in calls(api, running_cloud, session_provider, wanted=selected)
    }

    assert found == {name: on_page[name] for name in USUAL}


def test_the_page_names_the_functions_with_constant_time(template: Template) -> None:
    names = [f"`{name}`" for name in template.functions if is_constant_time(template, name)]

    assert names
    assert f"Lambda bills the wait: {', '.join(names)}." in " ".join(CURRENT_PAGE.split())


def test_the_page_has_every_task_endpoint(template: Template) -> None:
    """A new one goes into `task_requests.py`; then run `make costs`."""
    routes = {
        f"`{route.key}`"
        for route in template.routes
        if template.functions[route.function].folder.parent == FUNCTIONS / "tasks" and "{user_id}" not in route.path
    }

    assert {row["route"] for row in rows_below(HEAD, CURRENT_PAGE)} == routes


def test_the_page_has_the_current_figures_of_lists(measurements: list[Measured]) -> None:
    """The short list is compared. If this fails, run `make costs`."""
    columns = ("round trips", "items read", "read units", "write units")
    short = {name: (cost.trips, cost.items, cost.read, cost.write) for name, cost in measurements[0].costs.items()}
    rows = rows_below(HEAD, CURRENT_PAGE)
    on_page = {row["call"]: tuple(int(row[column].split(" → ")[0]) for column in columns) for row in rows}

    assert on_page == short
