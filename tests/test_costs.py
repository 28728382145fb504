"""What calls about tasks take: by AWS's rules, no more for a longer list, and what docs/costs.md says."""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from gatehouse_dev.template import Template
from tests.costs.__main__ import PAGE
from tests.costs.asking import Measured, Somebody
from tests.costs.filling import ONE_IN, standing_clock
from tests.costs.meter import Meter
from tests.costs.page import HEAD, not_flat
from tests.costs.quick import quick_rows
from tests.costs.sizes import Index, batch_units, item_size, query_units, stored, transaction_units, value_size
from tests.support.calls import Api
from tests.support.layout import FUNCTIONS
from tests.support.people import People
from tests.support.tasks import create

SHORT, LONG = 10, 150

pytestmark = pytest.mark.xdist_group("costs")  # what is measured once serves all

KB = 1024


def weighing(size: float) -> dict[str, Any]:
    """An item of so many bytes."""
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
        ({"BOOL": False}, 1),
        ({"NULL": True}, 1),
        ({"L": []}, 3),
        ({"L": [{"S": "ab"}, {"S": "c"}]}, 3 + 2 + 3),
        ({"M": {"key": {"BOOL": True}}}, 3 + 1 + 4),
    ],
)
def test_a_value_weighs_what_the_guide_says(value: Mapping[str, Any], size: int) -> None:
    assert value_size(value) == size


def test_names_weigh_too() -> None:
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
    assert query_units(map(weighing, sizes)) == together


def test_a_batch_is_rounded_for_each_item() -> None:
    """The guide's 1.5 KB and 6.5 KB are 12 KB, not 8 KB. What is not there takes one, too."""
    assert batch_units([weighing(1.5 * KB), weighing(6.5 * KB)]) == 3
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
    assert transaction_units(before and weighing(before), after and weighing(after)) == write  # type: ignore[arg-type]


WHOLE = Index(name="by_k", key="k", holds=None)
KEYS = Index(name="by_k", key="k", holds=frozenset({"a", "k"}))
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
        (WHOLE, {"v": {"S": "x"}}, {"v": {"S": "y"}}, 0),  # it is not in the index
        (WHOLE, {"v": {"S": "x"}}, SMALL, 1),
        (KEYS, SMALL, OTHER, 0),
        (KEYS, SMALL, LARGE, 0),
        (KEYS, SMALL, MOVED, 2),
    ],
)
def test_an_index_takes_what_changes_in_it(index: Index, before: Any, after: Any, write: int) -> None:
    assert index.units(before, after) == write


def test_storage_has_a_hundred_bytes_more_for_each_part() -> None:
    assert stored(SMALL, [WHOLE, KEYS]) == (100 + 4) + (100 + 4) + (100 + 2)


# -- What calls take ------------------------------------------------------------------


@pytest.fixture(scope="module")
def every(api: Api, running_cloud: Cloud) -> list[Measured]:
    """A short list and a long one."""
    from gatehouse.keys import access, keyring, macs  # noqa: PLC0415 -- the layer reads the environment when imported

    running_cloud.reset()
    keyring.forget()
    with standing_clock(), quick_rows():
        access.publish()
        macs._last_look = time.monotonic()
        meter = Meter(running_cloud)
        return [Somebody(api, meter, size).measure() for size in (SHORT, LONG)]


def test_a_longer_list_takes_no_more_than_full_pages(every: list[Measured]) -> None:
    assert not_flat(every) == []


@pytest.mark.parametrize("name", ["read", "delete", "export", "list by title, the first page"])
def test_what_grows_is_named(every: list[Measured], name: str) -> None:
    short, long = every
    grown = replace(long, costs=long.costs | {name: replace(long.costs[name], items=501 + 3, trips=4)})

    assert [line.partition(":")[0] for line in not_flat([short, grown])] == [name]


def test_a_filter_is_paid_for_what_it_leaves_out(every: list[Measured]) -> None:
    rare = "list a tag that one in 500 has"

    assert ONE_IN > LONG / 2
    assert [measured.costs[rare].items for measured in every] == [2 + SHORT, 2 + LONG]


def test_a_create_is_the_task_its_entries_and_the_summary(call: Api, people: People, cloud: Cloud) -> None:
    """Two units for each row in the transaction, one for each of five orders, of which one is for due dates alone."""
    ann, meter = people.signed_in(), Meter(cloud)
    costs = []
    for due in (None, "2026-11-30"):
        with meter.counting():
            create(call, ann, due_date=due)
        costs.append((meter.cost.trips, meter.cost.read, meter.cost.write))

    assert costs == [(2, 2, 2 + 4 + 2), (2, 2, 2 + 5 + 2)]


# -- docs/costs.md ----------------------------------------------------------------------


def told() -> list[dict[str, str]]:
    """The rows of the page's table of calls."""
    lines = [line.strip("|").split("|") for line in PAGE.read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    cells = [[cell.strip() for cell in line] for line in lines if len(line) == len(HEAD)]
    return [dict(zip(HEAD, row, strict=True)) for row in cells[2:]]


def test_every_task_endpoint_has_a_row(template: Template) -> None:
    routes = {
        f"`{route.key}`"
        for route in template.routes
        if template.functions[route.function].folder.parent == FUNCTIONS / "tasks" and "{user_id}" not in route.path
    }

    assert {row["route"] for row in told()} == routes


def test_the_page_has_the_figures_of_this_code(every: list[Measured]) -> None:
    """Those of the short list; `make costs` makes the page anew."""
    columns = ("round trips", "items read", "read units", "write units")
    short = {name: (cost.trips, cost.items, cost.read, cost.write) for name, cost in every[0].costs.items()}
    on_page = {row["call"]: tuple(int(row[column].split(" → ")[0]) for column in columns) for row in told()}

    assert on_page == short
