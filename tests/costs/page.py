"""docs/costs.md: the figures, and what they mean for somebody who decides whether to run this."""

from collections.abc import Callable, Sequence

from tests.costs.asking import Ask, Measured
from tests.costs.filling import ONE_IN
from tests.costs.meter import Cost

# US$, DynamoDB on demand in us-east-1, table class Standard; since November 2024, assumed to hold in November 2026
READ_PRICE, WRITE_PRICE = 0.125, 0.625  # for a million units
STORAGE_PRICE = 0.25  # for a GB and month
LARGEST_LIST = 10 * 2**30  # bytes of one person's rows and index entries, where a table has local indexes
GB = 2**30
BESIDE = 3  # items that a call may read beside tasks: the session, its epoch, the summary

DAYS, PEOPLE = 30, 1000
A_DAY = {
    "list by created_at, the first page": 10,
    "summary": 10,
    "sync, 3 changes since": 20,
    "read": 5,
    "create": 5,
    "change the title": 3,
    "complete": 4,
    "delete": 1,
}
HEAD = ("call", "route", "round trips", "items read", "KB read", "read units", "write units", "US$ per million")


def not_flat(every: Sequence[Measured]) -> list[str]:
    """The calls that take more of a longer list than of a short one, though no page was filling."""
    return [
        f"{name}: {costs}"
        for name, ask in every[0].asks.items()
        if not _is_flat(ask, costs := [measured.costs[name] for measured in every])
    ]


def _is_flat(ask: Ask, costs: Sequence[Cost]) -> bool:
    if ask.at_most is None:
        return len({(cost.trips, cost.items, cost.read, cost.write) for cost in costs}) == 1
    tasks, trips = ask.at_most
    return all(cost.items - BESIDE <= tasks and cost.trips <= trips + 1 and not cost.write for cost in costs)


def price(cost: Cost) -> float:
    """US$ for a million such calls."""
    return cost.read * READ_PRICE + cost.write * WRITE_PRICE


def a_month(measured: Measured) -> tuple[float, float]:
    """US$ for PEOPLE with such a list, for requests and for storage."""
    requests = sum(times * DAYS * price(measured.costs[name]) for name, times in A_DAY.items()) / 1_000_000
    stored = measured.size * measured.listed.stored_bytes / GB * STORAGE_PRICE
    return requests * PEOPLE, stored * PEOPLE


def rows(every: Sequence[Measured]) -> list[str]:
    """The table of calls. Where lists of different lengths take different amounts, all are told."""
    columns: tuple[Callable[[Cost], str], ...] = (
        lambda cost: str(cost.trips),
        lambda cost: spaced(cost.items),
        lambda cost: spaced(-(-cost.bytes // 1024)),
        lambda cost: spaced(cost.read),
        lambda cost: spaced(cost.write),
    )
    table: list[tuple[str, ...]] = [HEAD, ("---",) * len(HEAD)]
    for name, ask in every[0].asks.items():
        costs = [measured.costs[name] for measured in every]
        told = (" → ".join(_once([column(cost) for cost in costs])) for column in columns)
        table.append((name, f"`{ask.route}`", *told, f"{price(costs[-1]):.2f}"))
    return [f"| {' | '.join(row)} |" for row in table]


def spaced(number: int) -> str:
    """`100 000`."""
    return f"{number:,}".replace(",", " ")


def _once(figures: list[str]) -> list[str]:
    return figures[:1] if len(set(figures)) == 1 else figures


def months(every: Sequence[Measured]) -> list[str]:
    """The table of what people cost."""
    table: list[tuple[str, ...]] = [("tasks of each", "requests", "storage", "together"), ("---",) * 4]
    for measured in every:
        requests, storage = a_month(measured)
        table.append(
            (spaced(measured.size), *(f"{dollars:,.2f}" for dollars in (requests, storage, requests + storage)))
        )
    return [f"| {' | '.join(row)} |" for row in table]


def page(every: Sequence[Measured]) -> str:
    """All of it."""
    *some, last = every
    return TEXT.format(
        sizes=f"{', '.join(spaced(measured.size) for measured in some)} and {spaced(last.size)}",
        people=spaced(PEOPLE),
        habits=", ".join(f"{times} × {name}" for name, times in A_DAY.items()),
        months="\n".join(months(every)),
        row=round(last.listed.row_bytes),
        stored=spaced(round(last.listed.stored_bytes)),
        most=LARGEST_LIST / last.listed.stored_bytes / 1_000_000,
        rows="\n".join(rows(every)),
        rare=ONE_IN,
        read_price=READ_PRICE,
        write_price=WRITE_PRICE,
        storage_price=STORAGE_PRICE,
    )


TEXT = """\
# What it costs

Made by `make costs`, which counts anew; nothing here is written by hand.

**A call takes the same however long its user's list is**, with {sizes} tasks: only a page takes
more the fuller it is, and none takes more than a full one. `make costs` fails when that is no longer so.

## A month

US$ a month for DynamoDB, for {people} people who each do this every day: {habits}.

{months}

A task is {row} bytes, {stored} with its index entries. So one person can have about {most:.1f} million of them:
DynamoDB takes 10 GB for one person where a table has local indexes. API Gateway and Lambda, about US$ 1.20 for a
million requests and then the time that they run, logs, mail and signing in come on top.

## A call

`4 → 12 → 12` is with {sizes} tasks; one figure stands for all of them. Each call begins with a
round trip that reads the session, 2 items and 2 units of those below. The price is that of a million calls with the
longest list. Routes that begin with `/api/{{user_id}}` cost the same.

{rows}

* **A filter reads what it leaves out.** For what is rare, a page looks at 1000 tasks, in four round trips, and may come
  back empty. An order costs less than a filter.
* **A list by `updated_at`** takes more where tasks were deleted in the last month: they stand in that order, too.
* **A summary** counts what is overdue and what is due today, up to 1000 of each kind. The rest are counters.
* **A write** is one transaction, at twice the price, over the task and the summary row, and brings four or five index
  entries up to date. The tasks that are written here have a description of 200 characters and are a little below
  1 KB; above it, each of these costs twice as much.

## How it was counted

The real handlers ran against an embedded DynamoDB. What they asked was priced by AWS's rules from the sizes of what
lies there; the embedded one's own figures of capacity were not used, and nothing was measured on AWS. Half the tasks
have a description of about 200 characters, a third are completed, three quarters have a due date, one in {rare} has the
rare tag and word.

* Sizes: Developer Guide, "DynamoDB item sizes and formats". Names and values count; `words`, where search looks, has
  title and description once more.
* Reads, all of them consistent: "DynamoDB read and write operations". A Query takes a unit for each begun 4 KB of all
  that it looks at together, a BatchGetItem for each begun 4 KB of every item, both at least one.
* Writes: "Amazon DynamoDB Transactions: How it works". Two units for each begun 1 KB of an item, as it was or as it is,
  whichever is larger.
* Indexes: "Local secondary indexes". A unit for each begun 1 KB of an entry that comes, goes or changes in its place;
  one whose key changes goes and comes. That a transaction does not double these is not in the guide; others measured it
  (github.com/nubo-db/dynoxide, pull request 188).
* Storage: items and entries, and 100 bytes more for each. What expires (tombstones, receipts) is deleted for nothing.
* Prices: on demand, us-east-1, table class Standard, since November 2024: US$ {read_price} for a million read units,
  {write_price} for a million write units, {storage_price} for a GB and month. They are assumptions, without the free
  tier, and constants in `tests/costs/page.py`.
* Nobody else was at work on the list: a transaction that has to be tried again costs once more.
"""
