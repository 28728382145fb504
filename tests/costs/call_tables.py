"""The two tables of docs/costs.md that have every call: what it costs, and what it takes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tests.costs.all_calls import Found
from tests.costs.background_jobs import BackgroundJob
from tests.costs.bill import bill
from tests.costs.consumption import Consumption
from tests.costs.prices import MILLION
from tests.costs.tables import dollars, rows_below, spaced, table

SERVICES = ("API Gateway", "Lambda", "DynamoDB", "mail", "logs", "sent out")
PRICES = ("call", *SERVICES, "together")
TAKES = (
    "call",
    "routes or function",
    "round trips",
    "read units",
    "write units",
    "Lambda, ms",
    "mails",
    "bytes logged",
    "bytes sent",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """All calls, and the bytes of a task with its index entries."""

    calls: Sequence[Found]
    task_bytes: float

    @property
    def takes(self) -> Mapping[str, Consumption]:
        """By the names of calls."""
        return {call.called: taken for call, taken in self.calls}

    @property
    def metrics(self) -> frozenset[str]:
        """All that were told."""
        return frozenset(metric for _, taken in self.calls for metric in taken.metrics)


def settled(calls: Iterable[Found], page: str) -> list[Found]:
    """With the times that the page has already, where they still hold: no machine takes the same twice."""
    told = {row["call"]: int(row["Lambda, ms"].replace(" ", "")) for row in rows_below(TAKES, page)}
    return [(call, taken.settled(told.get(call.called, 0))) for call, taken in calls]


def prices_of(counted: Counted) -> list[str]:
    """The table of what a million of each cost."""
    bills = {name: bill(taken).times(MILLION) for name, taken in counted.takes.items()}
    return table(PRICES, [(name, *map(dollars, (*one.parts, one.together))) for name, one in bills.items()])


def takes_of(counted: Counted) -> list[str]:
    """The table of what one of each takes."""
    return table(
        TAKES,
        [
            (
                call.called,
                f"`{call.function}`"
                if isinstance(call, BackgroundJob)
                else ", ".join(f"`{route}`" for route in call.routes),
                *taken_cells(taken),
                spaced(taken.milliseconds),
                str(taken.mails),
                spaced(taken.logged),
                spaced(taken.sent),
            )
            for call, taken in counted.calls
        ],
    )


def taken_cells(taken: Consumption) -> tuple[str, ...]:
    """What a call takes of DynamoDB, as the page has it."""
    return str(taken.cost.trips), f"{taken.cost.read:g}", f"{taken.cost.write:g}"
