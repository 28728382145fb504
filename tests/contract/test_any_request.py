"""Whatever docs/openapi.json lets a client send is answered as it says, and never with a 500.

A short run, the same every time, is part of the tests; `make fuzz` goes on for long, and elsewhere each time.
"""

import itertools
import json
import os
from collections.abc import Collection, Iterator, Mapping
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import just, one_of, sampled_from, sets
from requests import Session

from gatehouse_dev.openapi import FILE
from tests.support.calls import Api
from tests.support.people import PASSWORD, People
from tests.support.requests import URL, session

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
PATIENT = settings(deadline=None, suppress_health_check=list(HealthCheck))
QUICK = settings(PATIENT, derandomize=True, max_examples=3, phases=[Phase.generate], database=None)
LONG = settings(PATIENT, max_examples=EXAMPLES or 1, print_blob=True)
OPERATIONS = [
    f"{method.upper()} {path}"
    for path, methods in json.loads(FILE.read_text(encoding="utf-8"))["paths"].items()
    for method in methods
    if EXAMPLES or "{user_id}" not in path  # those are other names of the others
]
ENDS_SESSIONS = {"POST", "DELETE"}
TRUE = {
    "callbackURL": "/welcome",
    "currentPassword": PASSWORD,
    "due_date": "2026-11-21",
    "idempotency-key": "once",
    "if-match": '"1"',
    "if-none-match": '"1"',
    "image": "https://example.com/ann.png",
    "password": PASSWORD,
    "redirectTo": "/welcome",
    "tags": ["home"],
    "timeZone": "Europe/Berlin",
    "zone": "Europe/Berlin",
}  # what is good by these names; what is made up hardly ever is
ABOUT_SOMEBODY = {"email", "id", "task_id", "task_ids", "user_id"}
MADE_UP = one_of(sets(sampled_from(sorted(TRUE.keys() | ABOUT_SOMEBODY))), just(TRUE.keys() | ABOUT_SOMEBODY))

KNOWN = sampled_from([True, True, True, True, True, False])  # seldom a stranger


class Visitor:
    """Somebody signed in, with a task; somebody else once a request may have ended that."""

    def __init__(self, call: Api, people: People) -> None:
        """Nobody was here before."""
        self._call = call
        self._people = people
        self._names = (f"visitor{number}" for number in itertools.count())
        self.arrive()

    def arrive(self) -> None:
        """Begin anew."""
        self.person = self._people.signed_in(next(self._names))
        self.plan()

    def plan(self) -> None:
        """Have a task."""
        self.task = self._call("POST /api/tasks", json={"title": "Buy milk"}, bearer=self.person.token).json["id"]

    def after(self, case: Any) -> None:
        """Go on after a request that was granted."""
        knows_callers = bool(case.operation.definition.raw["security"])
        if case.path.startswith("/api/auth/") and case.method in ENDS_SESSIONS and knows_callers:
            self.arrive()
        elif case.method == "DELETE" or "/bulk" in case.path:
            self.plan()

    def truth(self, made_up: Collection[str]) -> dict[str, Any]:
        """What this visitor would say, by the names that it goes by in requests, but for what is made up."""
        person = {"email": self.person.email, "user_id": self.person.id}
        whole = TRUE | person | {"id": self.task, "task_id": self.task, "task_ids": [self.task]}
        return {name: value for name, value in whole.items() if name not in made_up}


def honest(value: Any, truth: Mapping[str, Any]) -> Any:
    """`value` with the truth where there is one."""
    if isinstance(value, list):
        return [honest(entry, truth) for entry in value]
    if isinstance(value, Mapping):
        return {name: truth[name] if name in truth else honest(entry, truth) for name, entry in value.items()}
    return value


@pytest.fixture(scope="module")
def documented() -> ModuleType:
    """What may be sent, and how answers are checked."""
    from tests.contract import documented  # noqa: PLC0415 -- collecting need not wait for it

    return documented


@pytest.fixture
def client(api: Api) -> Iterator[Session]:
    """A client of the gateway."""
    with session(api) as client:
        yield client


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_answer_is_one_that_is_documented(
    call: Api, people: People, client: Session, documented: ModuleType, name: str
) -> None:
    operation, visitor = documented.OPERATIONS[name], Visitor(call, people)
    cases = one_of(*(operation.as_strategy(mode) for mode in documented.MODES))

    @(LONG if EXAMPLES else QUICK)
    @given(case=cases, made_up=MADE_UP, known=KNOWN)
    def check(case: Any, made_up: set[str], known: bool) -> None:  # noqa: FBT001 -- it is drawn
        truth = visitor.truth(made_up)
        case.query, case.body = honest(case.query, truth), honest(case.body, truth)
        ask(case, truth, known=known)

    def ask(case: Any, truth: Mapping[str, Any], *, known: bool = True) -> None:
        case.path_parameters = honest(case.path_parameters, truth)
        case.headers.update(honest(dict(case.headers), truth))
        headers = {"authorization": f"Bearer {visitor.person.token}"} if known else {}
        response = case.call(base_url=URL, session=client, headers=headers, allow_redirects=False)
        case.validate_response(response, checks=documented.CHECKS)
        if response.status_code in range(200, 300):
            visitor.after(case)

    for case in documented.limits(operation) if EXAMPLES else ():
        ask(case, visitor.truth(made_up=()))
    check()
