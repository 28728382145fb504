"""What people do in a month, as far as one can assume, and what it comes to for so many of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import exp

from tests.costs.bill import Bill, bill
from tests.costs.consumption import Consumption
from tests.costs.prices import BACKUP_GB, DAYS, GB, HOURS, METRIC, STORAGE_PRICE

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
ACTIVE_DAYS = 10  # of a month, on which somebody does all of that
ON_SUCH_A_DAY = {"GET /api/auth/get-session": 2, "GET /api/auth/get-session, once a day": 1}
A_MONTH = {  # of everybody who is there; a tenth of them is new, and one in a hundred leaves
    "POST /api/auth/sign-up/email": 0.1,
    "POST /api/auth/verify-email": 0.1,
    "POST /api/auth/sign-in/email": 2,
    "POST /api/auth/sign-in/social": 0.5,
    "GET /api/auth/callback/{provider}": 0.5,
    "POST /api/auth/sign-out": 0.5,
    "POST /api/auth/request-password-reset": 0.05,
    "GET /api/auth/reset-password/{token}": 0.05,
    "POST /api/auth/reset-password": 0.05,
    "POST /api/auth/update-user": 0.1,
    "POST /api/auth/delete-user": 0.01,
    "Remind, one person's turn": 0.1 * DAYS / 3,  # one in ten wants reminders, and has something due every third day
}
LIST = 1_000  # tasks that everybody has
USERS = (100, 10_000, 1_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """What so many people come to, in US$."""

    users: int
    calls: Bill
    storage: float
    metrics: float
    standing: float

    @property
    def together(self) -> float:
        """All of it."""
        return self.calls.together + self.storage + self.metrics + self.standing


def by_one() -> Iterator[tuple[str, float]]:
    """How often each call is made by one person in a month."""
    for name, times in (A_DAY | ON_SUCH_A_DAY).items():
        yield name, float(times * ACTIVE_DAYS)
    yield from A_MONTH.items()


def month(users: int, takes: Mapping[str, Consumption], *, task_bytes: float, standing: float) -> Month:
    """For so many people; `standing` is what the stack costs without them."""
    return Month(
        users=users,
        calls=sum((bill(takes[name]).times(users * times) for name, times in by_one()), Bill()),
        storage=users * LIST * task_bytes / GB * (STORAGE_PRICE + BACKUP_GB),
        metrics=METRIC * sum(told(often / HOURS) for often in _metrics(users, takes).values()),
        standing=standing,
    )


def told(an_hour: float) -> float:
    """The share of hours in which something is told that is told so often, at any time alike."""
    return 1 - exp(-an_hour)


def _metrics(users: int, takes: Mapping[str, Consumption]) -> dict[str, float]:
    """How often each metric is told in a month."""
    often: dict[str, float] = {}
    for name, times in by_one():
        for metric in takes[name].metrics:
            often[metric] = often.get(metric, 0) + users * times
    return often
