"""The assumed usage of a user per month, and its price."""

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
ACTIVE_DAYS = 10  # per month, on which a user makes these calls
ON_SUCH_A_DAY = {"GET /api/auth/get-session": 2, "GET /api/auth/get-session, once a day": 1}
A_MONTH = {  # per user; a tenth of the users is new, and one in a hundred deletes the account
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
    "Remind, one person's turn": 0.1 * DAYS / 3,  # one in ten has reminders, with a due task every third day
}
LIST = 1_000  # tasks per user
USERS = (100, 10_000, 1_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """The monthly price of so many users, in US$."""

    users: int
    calls: Bill
    storage: float
    metrics: float
    standing: float

    @property
    def total(self) -> float:
        """The sum."""
        return self.calls.total + self.storage + self.metrics + self.standing


def by_one() -> Iterator[tuple[str, float]]:
    """Return how often a user makes each call per month."""
    for name, times in (A_DAY | ON_SUCH_A_DAY).items():
        yield name, float(times * ACTIVE_DAYS)
    yield from A_MONTH.items()


def month(users: int, takes: Mapping[str, Consumption], *, task_bytes: float, standing: float) -> Month:
    """Return the price for so many users; `standing` is the price of an unused stack."""
    return Month(
        users=users,
        calls=sum((bill(takes[name]).times(users * times) for name, times in by_one()), Bill()),
        storage=users * LIST * task_bytes / GB * (STORAGE_PRICE + BACKUP_GB),
        metrics=METRIC * sum(active_hours(often / HOURS) for often in _metrics(users, takes).values()),
        standing=standing,
    )


def active_hours(per_hour: float) -> float:
    """Return the share of hours in which a metric is recorded, at this rate of random recordings."""
    return 1 - exp(-per_hour)


def _metrics(users: int, takes: Mapping[str, Consumption]) -> dict[str, float]:
    """Return how often each metric is recorded per month."""
    often: dict[str, float] = {}
    for name, times in by_one():
        for metric in takes[name].metrics:
            often[metric] = often.get(metric, 0) + users * times
    return often
