"""Generated requests that docs/openapi.json allows get documented responses, and never a 500.

The tests run a few fixed examples; `make fuzz` runs many random ones.
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
    if EXAMPLES or "{user_id}" not in path  # the second form of the same routes
]
ENDS_SESSIONS = {"POST", "DELETE"}
VALID = {
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
}  # valid values by field name; generated values rarely are valid
OF_THE_USER = {"email", "id", "task_id", "task_ids", "user_id"}
GENERATED = one_of(sets(sampled_from(sorted(VALID.keys() | OF_THE_USER))), just(VALID.keys() | OF_THE_USER))

AUTHENTICATED = sampled_from([True, True, True, True, True, False])


class SignedInUser:
    """A signed-in user with a task. It is replaced by a new one after a request that may have ended the session."""

    def __init__(self, call: Api, people: People) -> None:
        """Create the first user."""
        self._call = call
        self._people = people
        self._names = (f"user{number}" for number in itertools.count())
        self.replace()

    def replace(self) -> None:
        """Sign in a new user with a task."""
        self.person = self._people.signed_in(next(self._names))
        self.add_task()

    def add_task(self) -> None:
        """Create a task."""
        self.task = self._call("POST /api/tasks", json={"title": "Buy milk"}, bearer=self.person.token).json["id"]

    def restore_after(self, case: Any) -> None:
        """Restore session and task after a successful request."""
        authenticates = bool(case.operation.definition.raw["security"])
        if case.path.startswith("/api/auth/") and case.method in ENDS_SESSIONS and authenticates:
            self.replace()
        elif case.method == "DELETE" or "/bulk" in case.path:
            self.add_task()

    def valid_values(self, generated: Collection[str]) -> dict[str, Any]:
        """Return valid values of this user by field name, without fields that keep generated values."""
        person = {"email": self.person.email, "user_id": self.person.id}
        values = VALID | person | {"id": self.task, "task_id": self.task, "task_ids": [self.task]}
        return {name: value for name, value in values.items() if name not in generated}


def with_valid_values(value: Any, valid: Mapping[str, Any]) -> Any:
    """Replace fields of `value` for which there is a valid value."""
    if isinstance(value, list):
        return [with_valid_values(entry, valid) for entry in value]
    if isinstance(value, Mapping):
        return {
            name: valid[name] if name in valid else with_valid_values(entry, valid) for name, entry in value.items()
        }
    return value


@pytest.fixture(scope="module")
def documented() -> ModuleType:
    """The module with operations and checks."""
    from tests.contract import documented  # noqa: PLC0415 -- collecting need not wait for it

    return documented


@pytest.fixture
def client(api: Api) -> Iterator[Session]:
    """A client of the local gateway."""
    with session(api) as client:
        yield client


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_response_is_documented(
    call: Api, people: People, client: Session, documented: ModuleType, name: str
) -> None:
    operation, user = documented.OPERATIONS[name], SignedInUser(call, people)
    cases = one_of(*(operation.as_strategy(mode) for mode in documented.MODES))

    @(LONG if EXAMPLES else QUICK)
    @given(case=cases, generated=GENERATED, authenticated=AUTHENTICATED)
    def check(case: Any, generated: set[str], authenticated: bool) -> None:  # noqa: FBT001 -- it is drawn
        valid = user.valid_values(generated)
        case.query, case.body = with_valid_values(case.query, valid), with_valid_values(case.body, valid)
        send(case, valid, authenticated=authenticated)

    def send(case: Any, valid: Mapping[str, Any], *, authenticated: bool = True) -> None:
        case.path_parameters = with_valid_values(case.path_parameters, valid)
        case.headers.update(with_valid_values(dict(case.headers), valid))
        headers = {"authorization": f"Bearer {user.person.token}"} if authenticated else {}
        response = case.call(base_url=URL, session=client, headers=headers, allow_redirects=False)
        case.validate_response(response, checks=documented.CHECKS)
        if response.status_code in range(200, 300):
            user.restore_after(case)

    for case in documented.limits(operation) if EXAMPLES else ():
        send(case, user.valid_values(generated=()))
    check()
