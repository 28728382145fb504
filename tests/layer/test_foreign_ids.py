"""Nobody becomes somebody else by naming them: an id in a body, a query or a header is nothing that anybody sent."""

from collections.abc import Callable
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.layer.every_route import ask, each, function
from tests.layer.test_who_may_call import NAMES, named
from tests.support.calls import Api
from tests.support.people import PASSWORD, People, Person
from tests.support.routes import API
from tests.support.tables import all_rows

AUTH = sorted(route for route in API if "/api/auth/" in route)
WHOLE = {
    "password": PASSWORD,
    "currentPassword": PASSWORD,
    "newPassword": PASSWORD,
    "newEmail": "new@example.com",
    "token": "x",
    "name": "X",
}


@pytest.fixture
def bob(people: People) -> Person:
    """Somebody whose id is known, as ids are."""
    return people.signed_in("bob")


@pytest.fixture
def his(cloud: Cloud, bob: Person) -> Callable[[], list[Any]]:
    """Every row that is Bob's."""
    return lambda: [row for table in all_rows(cloud).values() for row in table if bob.id in str(row)]


@each(AUTH, function)
def test_cve_2025_61928_who_is_named_is_neither_touched_nor_shown(
    call: Api, people: People, bob: Person, his: Callable[[], list[Any]], route: str
) -> None:
    """S-68: the caller's session says who they are, and nothing else does."""
    ann = people.signed_in("ann")
    before = his()
    body = None if route.startswith("GET") else WHOLE | {"email": ann.email} | dict.fromkeys(NAMES, bob.id)

    answer = ask(call, route, json=body, bearer=ann.token, **named(bob))

    assert answer.status < 500
    assert bob.id not in answer.text + str(answer.headers) + str(answer.cookies)
    assert bob.email not in answer.text
    assert his() == before
    assert call("GET /api/auth/me", bearer=bob.token).json["user"]["id"] == bob.id
