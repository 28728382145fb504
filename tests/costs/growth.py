"""The DynamoDB consumption of task calls as the user's list grows: a section of docs/costs.md."""

from collections.abc import Callable, Sequence

from tests.costs.bill import units_price
from tests.costs.meter import Cost
from tests.costs.prices import DAYS, GB, MILLION, STORAGE_PRICE
from tests.costs.tables import series, spaced, table
from tests.costs.task_requests import Measured, TaskRequest
from tests.costs.usage_profile import A_DAY

LARGEST_LIST = 10 * 2**30  # bytes; DynamoDB's limit per user for rows and entries of local indexes
BESIDE = 3  # items that a call may read besides tasks: the session, its epoch, the summary

PEOPLE = 1000
TITLE = "## As lists grow\n"
HEAD = ("call", "route", "round trips", "items read", "KB read", "read units", "write units", "US$ per million")


def not_flat(every: Sequence[Measured]) -> list[str]:
    """Return the calls that consume more with a longer list, other than to fill a page."""
    return [
        f"{name}: {costs}"
        for name, request in every[0].requests.items()
        if not _is_flat(request, costs := [measured.costs[name] for measured in every if name in measured.costs])
    ]


def _is_flat(request: TaskRequest, costs: Sequence[Cost]) -> bool:
    if request.at_most is None:
        return len({(cost.trips, cost.items, cost.read, cost.write) for cost in costs}) == 1
    tasks, trips = request.at_most
    return all(cost.items - BESIDE <= tasks and cost.trips <= trips + 1 and not cost.write for cost in costs)


def a_month(measured: Measured) -> tuple[float, float]:
    """Return US$ for PEOPLE with such a list, for requests and for storage."""
    requests = sum(times * DAYS * units_price(measured.costs[name]) for name, times in A_DAY.items()) / MILLION
    stored = measured.size * measured.listed.stored_bytes / GB * STORAGE_PRICE
    return requests * PEOPLE, stored * PEOPLE


def rows(every: Sequence[Measured]) -> list[str]:
    """Return the table of calls. Figures that differ between lengths are all shown."""
    columns: tuple[Callable[[Cost], str], ...] = (
        lambda cost: str(cost.trips),
        lambda cost: spaced(cost.items),
        lambda cost: spaced(-(-cost.bytes // 1024)),
        lambda cost: spaced(cost.read),
        lambda cost: spaced(cost.write),
    )
    lines = []
    for name, request in every[0].requests.items():
        costs = [measured.costs[name] for measured in every]
        figures = (series([column(cost) for cost in costs]) for column in columns)
        lines.append((name, f"`{request.route}`", *figures, f"{units_price(costs[-1]):.2f}"))
    return table(HEAD, lines)


def months(every: Sequence[Measured]) -> list[str]:
    """Return the table of monthly costs."""
    lines = []
    for measured in every:
        requests, storage = a_month(measured)
        lines.append(
            (spaced(measured.size), *(f"{dollars:,.2f}" for dollars in (requests, storage, requests + storage)))
        )
    return table(("tasks of each", "requests", "storage", "together"), lines)


def section(every: Sequence[Measured]) -> str:
    """Return the whole section."""
    *some, last = every
    return TITLE + TEXT.format(
        sizes=f"{', '.join(spaced(measured.size) for measured in some)} and {spaced(last.size)}",
        people=spaced(PEOPLE),
        habits=", ".join(f"{times} × {name}" for name, times in A_DAY.items()),
        months="\n".join(months(every)),
        row=round(last.listed.row_bytes),
        stored=spaced(round(last.listed.stored_bytes)),
        most=LARGEST_LIST / last.listed.stored_bytes / MILLION,
        rows="\n".join(rows(every)),
    )


TEXT = """
**The cost of a call does not depend on the length of the list**, with {sizes} tasks: only the number of tasks on a page
matters, and a full page is the maximum. `make costs` fails if this changes.

US$ a month for DynamoDB only, for {people} users who each do this every day: {habits}.

{months}

A task has {row} bytes, {stored} with its index entries. So one user can have about {most:.1f} million tasks:
DynamoDB allows 10 GB for one partition of a table with local indexes.

`4 → 12 → 12` is with {sizes} tasks; a single figure is the same for all. Each call begins with a
round trip that reads the session: 2 items and 2 units of those below. The price is DynamoDB's for a million
calls with the longest list.

{rows}

* **A filter also reads the tasks that it excludes.** With a rare match, a page reads 1000 tasks in four round trips and
  may be empty. A sort order costs less than a filter.
* **A list by `updated_at`** costs more if tasks were deleted in the last month: tombstones are in this order, too.
* **A summary** counts overdue tasks and those due today, up to 1000 of each. All other figures are counters.
* **A write** is one transaction, at twice the price, of the task and the summary row, and updates four or five index
  entries. The tasks written here have a description of 200 characters and are slightly below 1 KB; above 1 KB, each
  of these writes costs twice as much.
"""
