"""The price of a consumption: the formula of docs/costs.md."""

from dataclasses import asdict, astuple, dataclass

from tests.costs.consumption import Consumption
from tests.costs.meter import Cost
from tests.costs.prices import (
    API_REQUEST,
    GB,
    LAMBDA_GB_SECOND,
    LAMBDA_REQUEST,
    LOG_GB,
    LOG_STORAGE_GB,
    MAIL,
    MILLION,
    NOTICE,
    QUEUE_REQUEST,
    QUEUE_REQUESTS_A_MESSAGE,
    READ_PRICE,
    SENT_GB,
    WRITE_PRICE,
)
from tests.costs.sums import Addable


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill(Addable):
    """US$ by service. `mail` is SES, with SNS and SQS for its notifications."""

    api: float = 0
    functions: float = 0
    dynamodb: float = 0
    mail: float = 0
    logs: float = 0
    sent: float = 0

    def times(self, number: float) -> "Bill":
        """Return the bill of this many."""
        return Bill(**{service: number * part for service, part in asdict(self).items()})

    @property
    def parts(self) -> tuple[float, ...]:
        """The services in the order of the page's columns."""
        return astuple(self)

    @property
    def total(self) -> float:
        """The sum of all services."""
        return sum(self.parts)


def units_price(cost: Cost) -> float:
    """Return the price in US$ of a million times these DynamoDB units."""
    return cost.read * READ_PRICE + cost.write * WRITE_PRICE


def bill(consumption: Consumption) -> Bill:
    """Return the price of a consumption."""
    return Bill(
        api=consumption.requests * API_REQUEST,
        functions=consumption.invocations * LAMBDA_REQUEST + consumption.gb_seconds * LAMBDA_GB_SECOND,
        dynamodb=units_price(consumption.cost) / MILLION,
        mail=consumption.mails * MAIL + consumption.notices * (NOTICE + QUEUE_REQUESTS_A_MESSAGE * QUEUE_REQUEST),
        logs=consumption.logged / GB * (LOG_GB + LOG_STORAGE_GB),
        sent=consumption.sent / GB * SENT_GB,
    )
