"""What something costs, by what it takes: the formula of docs/costs.md."""

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
    """US$, by service; `mail` is SES, and SNS and SQS, by which it tells what became of a mail."""

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
        """In the order of the page's columns."""
        return astuple(self)

    @property
    def together(self) -> float:
        """All of it."""
        return sum(self.parts)


def units_price(cost: Cost) -> float:
    """US$ for a million times these units of DynamoDB."""
    return cost.read * READ_PRICE + cost.write * WRITE_PRICE


def bill(taken: Consumption) -> Bill:
    """For one call."""
    return Bill(
        api=taken.requests * API_REQUEST,
        functions=taken.invocations * LAMBDA_REQUEST + taken.gb_seconds * LAMBDA_GB_SECOND,
        dynamodb=units_price(taken.cost) / MILLION,
        mail=taken.mails * MAIL + taken.notices * (NOTICE + QUEUE_REQUESTS_A_MESSAGE * QUEUE_REQUEST),
        logs=taken.logged / GB * (LOG_GB + LOG_STORAGE_GB),
        sent=taken.sent / GB * SENT_GB,
    )
