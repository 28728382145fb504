"""IDs in a body, query or header never change whose data a request reads or writes."""

from collections.abc import Callable
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.layer.every_route import each, function, send_request
from tests.layer.test_access_policies import NAMES, named
from tests.support.calls import Api
from tests.support.people import PASSWORD, People, Person
from tests.support.routes import API
from tests.support.tables import all_rows

AUTH = sorted(route for route in API if "/api/auth/" in route)
VALID = {
    "password": PASSWORD,
    "currentPassword": PASSWORD,
    "newPassword": PASSWORD,
    "newEmail": "new@example.com",
    "token": "x",
    "name": "X",
}


@pytest.fixture
def bob(people: People) -> Person:
    """A user whose id the caller knows."""
    return people.signed_in("bob")


@pytest.fixture
def bobs_rows(cloud: Cloud, bob: Person) -> Callable[[], list[Any]]:
    """Every row of Bob's."""
    return lambda: [row for table in all_rows(cloud).values() for row in table if bob.id in str(row)]


@each(AUTH, function)
def test_cve_2025_61928_a_user_named_in_the_input_is_neither_changed_nor_shown(
    call: Api, people: People, bob: Person, bobs_rows: Callable[[], list[Any]], route: str
) -> None:
    """S-68: only the session identifies the caller."""
    ann = people.signed_in("ann")
    before = bobs_rows()
    body = None if route.startswith("GET") else VALID | {"email": ann.email} | dict.fromkeys(NAMES, bob.id)

    response = send_request(call, route, json=body, bearer=ann.token, **named(bob))

    assert response.status < 500
    assert bob.id not in response.text + str(response.headers) + str(response.cookies)
    assert bob.email not in response.text
    assert bobs_rows() == before
    assert call("GET /api/auth/me", bearer=bob.token).json["user"]["id"] == bob.id
