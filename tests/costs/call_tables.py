"""The two tables of docs/costs.md with every call: its price and its consumption."""

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
    """The consumption of all calls, and the stored bytes of a task with its index entries."""

    calls: Sequence[Found]
    task_bytes: float

    @property
    def by_title(self) -> Mapping[str, Consumption]:
        """The consumption by the titles of calls."""
        return {call.title: consumption for call, consumption in self.calls}

    @property
    def metrics(self) -> frozenset[str]:
        """All metrics that were recorded."""
        return frozenset(metric for _, consumption in self.calls for metric in consumption.metrics)


def with_known_times(calls: Iterable[Found], page: str) -> list[Found]:
    """Replace measured times by similar ones on the page, so that the page does not change every time."""
    known = {row["call"]: int(row["Lambda, ms"].replace(" ", "")) for row in rows_below(TAKES, page)}
    return [(call, consumption.with_known_time(known.get(call.title, 0))) for call, consumption in calls]


def prices_of(counted: Counted) -> list[str]:
    """Return the table with the price of a million of each call."""
    bills = {name: bill(consumption).times(MILLION) for name, consumption in counted.by_title.items()}
    return table(PRICES, [(name, *map(dollars, (*one.parts, one.total))) for name, one in bills.items()])


def takes_of(counted: Counted) -> list[str]:
    """Return the table with the consumption of each call."""
    return table(
        TAKES,
        [
            (
                call.title,
                f"`{call.function}`"
                if isinstance(call, BackgroundJob)
                else ", ".join(f"`{route}`" for route in call.routes),
                *dynamodb_cells(consumption),
                spaced(consumption.milliseconds),
                str(consumption.mails),
                spaced(consumption.logged),
                spaced(consumption.sent),
            )
            for call, consumption in counted.calls
        ],
    )


def dynamodb_cells(consumption: Consumption) -> tuple[str, ...]:
    """Return the page's columns with the consumption of DynamoDB."""
    return str(consumption.cost.trips), f"{consumption.cost.read:g}", f"{consumption.cost.write:g}"
