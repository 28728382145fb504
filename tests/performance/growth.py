# ruff: noqa: T201 -- it reports to a person
"""What calls take as users and sessions grow in number: `python -m tests.performance.growth [--users 10 1000000]`.

Counted against the embedded cloud, by AWS's rules for units. One person's calls are to take the same however many
others there are, and however often this person is signed in; the exit code is 1 when one does not. Only a list of
sessions is as long as it is.
"""

import argparse
import gc
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any
from unittest.mock import patch

from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict

from gatehouse_dev.cloud import Cloud
from gatehouse_dev.resource_names import ACCOUNT, REGION
from gatehouse_dev.template import load
from tests.conftest import PARAMETERS, ROOT
from tests.costs.call_users import settings
from tests.costs.log_output import quiet
from tests.costs.meter import Cost, Meter
from tests.costs.moto_speedups import quick_rows
from tests.costs.tables import spaced, table
from tests.costs.task_lists import NOW
from tests.support.calls import Api
from tests.support.layer import layer
from tests.support.people import PASSWORD, People, Person
from tests.support.tasks import LIST, create_task
from tests.support.transport import patched_transports

USERS, SESSIONS = (10, 1_000, 100_000, 1_000_000), (1, 10, 100, 1_000)
SIGN_IN, GET_SESSION = "POST /api/auth/sign-in/email", "GET /api/auth/get-session"
LIST_SESSIONS = "GET /api/auth/list-sessions"
ROUTES = (SIGN_IN, GET_SESSION, LIST_SESSIONS, LIST)
TASKS = 3  # of the person who is measured; how calls grow with tasks is told in docs/costs.md

HEAD = ("call", "round trips", "items", "KB", "read units", "write units")
_COLUMNS: tuple[Callable[[Cost], str], ...] = (
    lambda cost: str(cost.trips),
    lambda cost: spaced(cost.items),
    lambda cost: f"{cost.bytes / 1024:.1f}",
    lambda cost: spaced(cost.read),
    lambda cost: spaced(cost.write),
)

type Costs = Mapping[str, Cost]  # by route


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """What each call took at each size, and which calls may take more at a larger one."""

    of: str
    sizes: Sequence[int]
    costs: Sequence[Costs]
    may_grow: Collection[str] = ()

    @property
    def series(self) -> dict[str, list[Cost]]:
        """What each call took, at one size after the other."""
        return {route: [costs[route] for costs in self.costs] for route in self.costs[0]}

    def not_constant(self) -> list[str]:
        """The calls that took another amount at another size, though they may not."""
        return [
            f"{route}, {' → '.join(map(spaced, self.sizes))} {self.of}: {costs}"
            for route, costs in self.series.items()
            if route not in self.may_grow and len(set(costs)) > 1
        ]

    def table(self) -> list[str]:
        """As Markdown. One figure stands for all sizes where it is the same."""
        lines = (
            (f"`{route}`", *(_told([column(cost) for cost in costs]) for column in _COLUMNS))
            for route, costs in self.series.items()
        )
        return [f"With {' → '.join(map(spaced, self.sizes))} {self.of}:", "", *table(HEAD, lines), ""]


def _told(figures: list[str]) -> str:
    return figures[0] if len(set(figures)) == 1 else " → ".join(figures)


# -- Rows of others -----------------------------------------------------------------

type Place = dict[DynamoType, dict[DynamoType, Item]]  # of rows, by both parts of their key


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A row as the service wrote it: where it lies, its key's names, and the attributes that name their owner."""

    place: Place
    key: tuple[str, str]
    attributes: dict[str, DynamoType]
    own: dict[str, str]

    def again(self, own: Mapping[str, DynamoType]) -> None:
        """Once more, with other values of some attributes; the rest is shared, so that many fit into memory."""
        attributes: LimitedSizeDict = LimitedSizeDict.__new__(LimitedSizeDict)
        attributes |= self.attributes
        attributes |= own
        item: Any = object.__new__(Item)  # which moto need not keep in a list besides
        item.attrs = attributes
        item.hash_key, item.range_key = attributes[self.key[0]], attributes[self.key[1]]
        self.place[item.hash_key][item.range_key] = item


class Others:
    """As many as are wanted, who did all that somebody did through the front door: their rows are copies."""

    def __init__(self, model: Person) -> None:
        """Nobody yet, but the one whom they are like."""
        self._model, self._number = model, 0
        self._rows = list(_rows_of(model))
        self._texts = sorted({text for row in self._rows for text in row.own.values()})
        self._session = next(row for row in self._rows if "secret_hash" in row.attributes)

    def become(self, number: int) -> None:
        """Add users until there are so many."""
        with patch.object(DynamoType, "__hash__", lambda text: hash((text.type, text.value))):  # quicker than moto's
            for user in range(self._number + 1, number + 1):
                self._add(user)
        self._number = max(self._number, number)

    def _add(self, user: int) -> None:
        user_id, email = f"{user:08x}{self._model.id[8:]}", f"guest+{user:07}@example.com"
        named = {
            text: _text(text.replace(self._model.id, user_id).replace(self._model.email, email)) for text in self._texts
        }
        for row in self._rows:
            row.again({name: named[text] for name, text in row.own.items()})

    def sign_in_as(self, person: Person, times: int) -> None:
        """So many more sessions of somebody."""
        owner = _text(person.id)
        for number in range(times):
            self._session.again({"user_id": owner, "session_id": _text(f"{number:022}")})


def _rows_of(person: Person) -> Iterator[Kept]:
    for held in dynamodb_backends[ACCOUNT][REGION].tables.values():
        for row in held.all_items():
            own = {name: kept.value for name, kept in row.attrs.items() if _names(kept, person)}
            if own:
                key = (str(held.hash_key_attr), str(held.range_key_attr))
                yield Kept(place=held.items, key=key, attributes=dict(row.attrs), own=own)


def _names(kept: DynamoType, person: Person) -> bool:
    return kept.type == "S" and (person.id in kept.value or person.email in kept.value)


def _text(value: str) -> DynamoType:
    return DynamoType({"S": value})


# -- Somebody among them ------------------------------------------------------------


class Crowd:
    """People who are measured, and the others around them."""

    def __init__(self, call: Api, cloud: Cloud) -> None:
        """Everything was done once, and one person is there for others to be like."""
        self._call, self._meter, self._people = call, Meter(cloud), People(call)
        self._guests, self._visits = count(1), count(1)
        layer("keys.access_tokens").ensure_published()
        self._measure(self._somebody())
        self.others = Others(self._people.sign_in(self._somebody(tasks=1)))

    def with_users(self, sizes: Iterable[int]) -> Growth:
        """A new person for each number of users."""
        sizes, costs = sorted(sizes), list[Costs]()
        guests = [self._somebody() for _ in sizes]
        for size, guest in zip(sizes, guests, strict=True):
            self.others.become(size)
            costs.append(self._measure(guest))
        return Growth(of="users", sizes=sizes, costs=costs)

    def with_sessions(self, sizes: Iterable[int]) -> Growth:
        """A new person for each number of sessions, of which the last is opened and used while it is measured."""
        sizes, costs = sorted(sizes), list[Costs]()
        for size in sizes:
            guest = self._somebody()
            person = self._people.sign_in(guest)
            self._call("POST /api/auth/sign-out", bearer=person.token)
            self.others.sign_in_as(person, size - 1)
            costs.append(self._measure(guest))
        return Growth(of="sessions of one user", sizes=sizes, costs=costs, may_grow={LIST_SESSIONS})

    def _somebody(self, tasks: int = TASKS) -> str:
        """The address of a new person with a few tasks and no session."""
        email = self._people.verified(f"guest-{next(self._guests):07}")
        person = self._people.sign_in(email)
        for _ in range(tasks):
            create_task(self._call, person)
        assert self._call("POST /api/auth/sign-out", bearer=person.token).status == 200
        return email

    def _measure(self, email: str) -> Costs:
        """What a visit takes, from where nobody came before: signing in, and all that is asked then."""
        sign_in = {"json": {"email": email, "password": PASSWORD}, "ip": f"10.0.0.{next(self._visits)}"}
        response, first = self._counted(SIGN_IN, **sign_in)
        token = response.json["token"]
        return {SIGN_IN: first} | {route: self._counted(route, bearer=token)[1] for route in ROUTES[1:]}

    def _counted(self, route: str, **request: Any) -> tuple[Any, Cost]:
        layer("keys").refresh()  # so that none of these happens to be the one that has to
        with settings(rate_limits="on"), self._meter.counting():
            response = self._call(route, **request)
        assert response.status == 200, (route, response)
        return response, self._meter.cost


@contextmanager
def crowd(call: Api, cloud: Cloud) -> Iterator[Crowd]:
    """In a cloud that is running. It is always the same moment there, so that rows weigh the same."""
    with patch.object(layer("clock"), "now", lambda: NOW), quick_rows(), quiet():
        yield Crowd(call, cloud)


def main(arguments: Sequence[str]) -> int:
    """Measure and tell; 1 when something is not constant."""
    parser = argparse.ArgumentParser(prog="python -m tests.performance.growth", description=__doc__)
    parser.add_argument("--users", type=int, nargs="+", default=USERS, metavar="N", help="how many others there are")
    parser.add_argument("--sessions", type=int, nargs="+", default=SESSIONS, metavar="N", help="how many a user has")
    given, begun = parser.parse_args(arguments), time.monotonic()
    gc.disable()  # most of what is made here stays
    template = load(ROOT / "template.yaml", PARAMETERS)
    with Cloud(template) as cloud, patched_transports(), crowd(Api(template), cloud) as some:
        found = (some.with_sessions(given.sessions), some.with_users(given.users))
    for growth in found:
        print("\n".join(growth.table()))
    growing = [line for growth in found for line in growth.not_constant()]
    print("\n".join([*(f"NOT CONSTANT  {line}" for line in growing), f"{time.monotonic() - begun:.0f} s"]))
    return 1 if growing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
