# ruff: noqa: T201 -- a command-line report
"""The consumption of calls as users and sessions grow: `python -m tests.performance.growth [--users 10 1000000]`.

It is counted against the local cloud, by AWS's rules for units. A user's calls must consume the same with any number of
other users and of sessions; otherwise the exit code is 1. Only the list of sessions may grow.
"""

import argparse
import gc
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any
from unittest.mock import patch

from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.table import Table

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
TASKS = 3  # of the measured user; docs/costs.md has the growth with tasks

HEAD = ("call", "round trips", "items", "KB", "read units", "write units")
type Costs = Mapping[str, Cost]  # by route


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """The cost of each call at each size, and the calls that may grow."""

    of: str
    sizes: Sequence[int]
    costs: Sequence[Costs]
    may_grow: Collection[str] = ()

    @property
    def series(self) -> dict[str, list[Cost]]:
        """The costs of each call, by size."""
        return {route: [costs[route] for costs in self.costs] for route in self.costs[0]}

    def not_constant(self) -> list[str]:
        """Return the calls whose cost changed although it may not."""
        return [
            f"{route}, {' → '.join(map(spaced, self.sizes))} {self.of}: {costs}"
            for route, costs in self.series.items()
            if route not in self.may_grow and len(set(costs)) > 1
        ]

    def table(self) -> list[str]:
        """Return a Markdown table. A figure that is the same for all sizes is shown once."""
        lines = (
            (f"`{route}`", *map(_series, zip(*map(_cells, costs), strict=True))) for route, costs in self.series.items()
        )
        return [f"With {' → '.join(map(spaced, self.sizes))} {self.of}:", "", *table(HEAD, lines), ""]


def _series(figures: Sequence[str]) -> str:
    return figures[0] if len(set(figures)) == 1 else " → ".join(figures)


def _cells(cost: Cost) -> list[str]:
    return [str(cost.trips), spaced(cost.items), f"{cost.bytes / 1024:.1f}", spaced(cost.read), spaced(cost.write)]


class OtherUsers:
    """Any number of users, whose rows are copies of the rows of one real user. They are written into moto's tables."""

    def __init__(self, model: Person) -> None:
        """Read the rows of the real user, and their texts that name the user."""
        self._model, self._number, names = model, 0, re.compile(f"{model.id}|{re.escape(model.email)}")
        self._rows = [
            (stored, row, texts)
            for stored in dynamodb_backends[ACCOUNT][REGION].tables.values()
            for row in stored.all_items()
            if (texts := {name: value.value for name, value in row.attrs.items() if names.search(str(value.value))})
        ]
        self._texts = {text for _, _, texts in self._rows for text in texts.values()}
        self._session = next((stored, row) for stored, row, _ in self._rows if "secret_hash" in row.attrs)

    def grow_to(self, number: int) -> None:
        """Add users until there are so many."""
        with patch.object(DynamoType, "__hash__", lambda text: hash((text.type, text.value))):  # quicker than moto's
            for user in range(self._number + 1, number + 1):
                user_id, email = f"{user:08x}{self._model.id[8:]}", f"user+{user:07}@example.com"
                named = {
                    text: _string(text.replace(self._model.id, user_id).replace(self._model.email, email))
                    for text in self._texts
                }
                for stored, row, texts in self._rows:
                    _copy(stored, row, {name: named[text] for name, text in texts.items()})
        self._number = max(self._number, number)

    def add_sessions(self, person: Person, times: int) -> None:
        """Add so many sessions of a user."""
        for number in range(times):
            _copy(*self._session, {"user_id": _string(person.id), "session_id": _string(f"{number:022}")})


def _string(text: str) -> DynamoType:
    return DynamoType({"S": text})


def _copy(stored: Table, row: Item, own: Mapping[str, DynamoType]) -> None:
    """Add a copy of a row with other values of some attributes. All else is shared, to save memory."""
    item: Any = object.__new__(Item)  # without moto's bookkeeping of instances
    item.attrs = LimitedSizeDict.__new__(LimitedSizeDict)
    item.attrs |= row.attrs
    item.attrs |= own
    item.hash_key, item.range_key = item.attrs[stored.hash_key_attr], item.attrs[stored.range_key_attr]
    stored.items[item.hash_key][item.range_key] = item


class Population:
    """The measured users and the others."""

    def __init__(self, call: Api, cloud: Cloud) -> None:
        """Make each call once, and create the user whose rows are copied."""
        self._call, self._meter, self._people = call, Meter(cloud), People(call)
        self._numbers, self._addresses = count(1), count(1)
        layer("keys.access_tokens").ensure_published()
        self._measure(self._new_user())
        self.others = OtherUsers(self._people.sign_in(self._new_user(tasks=1).email))

    def with_users(self, sizes: Iterable[int]) -> Growth:
        """Measure a new user for each number of users."""
        sizes, costs = sorted(sizes), list[Costs]()
        users = [self._new_user() for _ in sizes]
        for size, user in zip(sizes, users, strict=True):
            self.others.grow_to(size)
            costs.append(self._measure(user))
        return Growth(of="users", sizes=sizes, costs=costs)

    def with_sessions(self, sizes: Iterable[int]) -> Growth:
        """Measure a new user for each number of sessions. The last session is created and used by the measurement."""
        sizes, costs = sorted(sizes), list[Costs]()
        for size in sizes:
            user = self._new_user()
            self.others.add_sessions(user, size - 1)
            costs.append(self._measure(user))
        return Growth(of="sessions of one user", sizes=sizes, costs=costs, may_grow={LIST_SESSIONS})

    def _new_user(self, tasks: int = TASKS) -> Person:
        """Create a user with a few tasks and no session."""
        person = self._people.sign_in(self._people.verified(f"user-{next(self._numbers):07}"))
        for _ in range(tasks):
            create_task(self._call, person)
        assert self._call("POST /api/auth/sign-out", bearer=person.token).status == 200
        return person

    def _measure(self, user: Person) -> Costs:
        """Return the cost of a sign-in and the following calls, from a new IP address."""
        sign_in = {"json": {"email": user.email, "password": PASSWORD}, "ip": f"10.0.0.{next(self._addresses)}"}
        response, first = self._counted(SIGN_IN, **sign_in)
        token = response.json["token"]
        return {SIGN_IN: first} | {route: self._counted(route, bearer=token)[1] for route in ROUTES[1:]}

    def _counted(self, route: str, **request: Any) -> tuple[Any, Cost]:
        layer("keys").refresh()  # so that none of the calls refreshes the keys
        with settings(rate_limits="on"), self._meter.counting():
            response = self._call(route, **request)
        assert response.status == 200, (route, response)
        return response, self._meter.cost


@contextmanager
def population(call: Api, cloud: Cloud) -> Iterator[Population]:
    """Measure in a running cloud with a fixed clock, so that rows have the same size."""
    never = patch.object(layer("accounts.trim_orders"), "ONE_IN", 2**64)  # some sign-ins write a row more
    with patch.object(layer("clock"), "now", lambda: NOW), never, quick_rows(), quiet():
        yield Population(call, cloud)


def main(arguments: Sequence[str]) -> int:
    """Measure and report; return 1 if a cost is not constant."""
    parser = argparse.ArgumentParser(prog="python -m tests.performance.growth", description=__doc__)
    parser.add_argument("--users", type=int, nargs="+", default=USERS, metavar="N", help="how many others there are")
    parser.add_argument("--sessions", type=int, nargs="+", default=SESSIONS, metavar="N", help="how many a user has")
    options = parser.parse_args(arguments)
    gc.disable()  # most objects stay alive
    template = load(ROOT / "template.yaml", PARAMETERS)
    with Cloud(template) as cloud, patched_transports(), population(Api(template), cloud) as some:
        found = (some.with_sessions(options.sessions), some.with_users(options.users))
    for growth in found:
        print("\n".join(growth.table()))
    growing = [line for growth in found for line in growth.not_constant()]
    print("\n".join(f"NOT CONSTANT  {line}" for line in growing))
    return 1 if growing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
