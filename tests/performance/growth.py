# ruff: noqa: T201 -- a command-line report
"""The consumption of calls as users and sessions grow: `python -m tests.performance.growth [USERS …]`.

It is counted against the local cloud, by AWS's rules for units. A user's calls must consume the same with any number of
other users and of sessions; otherwise the exit code is 1. Only the list of sessions may grow.
"""

import gc
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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
from tests.costs.tables import series, spaced, table
from tests.costs.task_lists import NOW
from tests.support.calls import Api, Response
from tests.support.layer import layer
from tests.support.people import PASSWORD, People, Person
from tests.support.tasks import LIST, create_task
from tests.support.transport import patched_transports

USERS, SESSIONS = (10, 1_000, 100_000, 1_000_000), (1, 10, 100, 1_000)
SIGN_IN = "POST /api/auth/sign-in/email"
GET_SESSION, LIST_SESSIONS = "GET /api/auth/get-session", "GET /api/auth/list-sessions"
TASKS = 3  # of the measured user; docs/costs.md has the growth with tasks

HEAD = ("call", "round trips", "items", "KB", "read units", "write units")
type Costs = dict[str, Cost]  # by route


def growing(measured: Sequence[Costs]) -> set[str]:
    """Return the calls whose cost depends on the size."""
    return {route for costs in measured for route, cost in costs.items() if cost != measured[0][route]}


def report(measured: Sequence[Costs]) -> list[str]:
    """Return a Markdown table of the costs at all sizes."""
    columns = {route: zip(*(_figures(costs[route]) for costs in measured), strict=True) for route in measured[0]}
    return table(HEAD, [(f"`{route}`", *map(series, figures)) for route, figures in columns.items()])


def _figures(cost: Cost) -> tuple[str, ...]:
    kilobytes = f"{cost.bytes / 1024:.1f}"
    return str(cost.trips), spaced(cost.items), kilobytes, spaced(cost.read), spaced(cost.write)


class Population:
    """Measured users, and others, whose rows are copies of one real user's. They are written into moto's tables."""

    def __init__(self, call: Api, cloud: Cloud) -> None:
        """Read the rows of the user that are copied, with their texts that name the user, and make each call once."""
        self._call, self._meter, self._people = call, Meter(cloud), People(call)
        self._numbers, self._others = count(100), 0  # three digits, so that rows have the same size
        layer("keys.access_tokens").ensure_published()
        self._model = model = self._people.sign_in(self._new_user(tasks=1).email)
        names = re.compile(f"{model.id}|{re.escape(model.email)}")
        self._rows = [
            (stored, row, texts)
            for stored in dynamodb_backends[ACCOUNT][REGION].tables.values()
            for row in stored.all_items()
            if (texts := {name: value.value for name, value in row.attrs.items() if names.search(str(value.value))})
        ]
        self.measure()

    def measure(self, *, users: int = 0, sessions: int = 1) -> Costs:
        """Return the cost of each call of a new user with so many other users, and the last of so many sessions."""
        user = self._new_user()
        self.add_users(users)
        self._add_sessions(user, sessions - 1)
        sign_in = {"json": {"email": user.email, "password": PASSWORD}, "ip": f"10.0.0.{next(self._numbers)}"}
        response, first = self._counted(SIGN_IN, **sign_in)
        routes, token = (GET_SESSION, LIST_SESSIONS, LIST), response.json["token"]
        return {SIGN_IN: first} | {route: self._counted(route, bearer=token)[1] for route in routes}

    def add_users(self, number: int) -> None:
        """Add other users until there are so many."""
        model, different = self._model, {text for _, _, texts in self._rows for text in texts.values()}
        for user in range(self._others + 1, number + 1):
            user_id, email = f"{user:08x}{model.id[8:]}", f"user+{user:07}@example.com"
            named = {text: _string(text.replace(model.id, user_id).replace(model.email, email)) for text in different}
            for stored, row, texts in self._rows:
                _copy(stored, row, {name: named[text] for name, text in texts.items()})
        self._others = max(self._others, number)

    def _add_sessions(self, person: Person, number: int) -> None:
        session = next((stored, row) for stored, row, _ in self._rows if "secret_hash" in row.attrs)
        for session_id in range(number):
            _copy(*session, {"user_id": _string(person.id), "session_id": _string(f"{session_id:022}")})

    def _new_user(self, tasks: int = TASKS) -> Person:
        """Create a user with a few tasks and no session."""
        person = self._people.sign_in(self._people.verified(f"user-{next(self._numbers):07}"))
        for _ in range(tasks):
            create_task(self._call, person)
        assert self._call("POST /api/auth/sign-out", bearer=person.token).status == 200
        return person

    def _counted(self, route: str, **request: Any) -> tuple[Response, Cost]:
        layer("keys").refresh()  # so that none of the calls refreshes the keys
        with settings(rate_limits="on"), self._meter.counting():
            response = self._call(route, **request)
        assert response.status == 200, (route, response)
        return response, self._meter.cost


def _string(text: str) -> DynamoType:
    return DynamoType({"S": text})


def _copy(stored: Table, row: Item, own: dict[str, DynamoType]) -> None:
    """Add a copy of a row with other values of some attributes. All else is shared, to save memory."""
    item: Any = object.__new__(Item)  # without moto's bookkeeping of instances
    item.attrs = LimitedSizeDict(row.attrs | own)
    item.hash_key, item.range_key = item.attrs[stored.hash_key_attr], item.attrs[stored.range_key_attr]
    stored.items[item.hash_key][item.range_key] = item


@contextmanager
def population(call: Api, cloud: Cloud) -> Iterator[Population]:
    """Measure in a running cloud with a fixed clock, so that rows have the same size."""
    never = patch.object(layer("accounts.trim_orders"), "ONE_IN", 2**64)  # some sign-ins write a row more
    with patch.object(layer("clock"), "now", lambda: NOW), never, quiet():
        yield Population(call, cloud)


def main(users: Sequence[int]) -> int:
    """Measure and report; return 1 if a cost is not constant."""
    gc.disable()  # most objects stay alive
    template = load(ROOT / "template.yaml", PARAMETERS)
    with Cloud(template) as cloud, patched_transports(), population(Api(template), cloud) as some:
        with_sessions = [some.measure(sessions=number) for number in SESSIONS]
        with_users = [some.measure(users=number) for number in users]
    print(f"With {' → '.join(map(spaced, SESSIONS))} sessions of one user:\n", *report(with_sessions), sep="\n")
    print(f"\nWith {' → '.join(map(spaced, users))} users:\n", *report(with_users), sep="\n")
    not_constant = growing(with_users) | (growing(with_sessions) - {LIST_SESSIONS})
    print(f"\nNOT CONSTANT: {', '.join(sorted(not_constant))}" if not_constant else "")
    return 1 if not_constant else 0


if __name__ == "__main__":
    sys.exit(main(sorted(map(int, sys.argv[1:])) or USERS))
