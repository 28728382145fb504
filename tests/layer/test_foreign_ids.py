"""Nobody becomes somebody else by naming them: an id in a body, a query or a header is nothing that anybody sent."""

from collections.abc import Callable
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from gatehouse_dev.template import load
from tests.conftest import PARAMETERS, ROOT
from tests.layer.test_door import ask
from tests.support.calls import Api
from tests.support.people import PASSWORD, People, Person
from tests.support.routes import PROTECTED
from tests.support.tables import everything

AUTH = sorted(route.key for route in load(ROOT / "template.yaml", PARAMETERS).routes if "/api/auth/" in route.path)
NAMES = ("userId", "user_id", "id", "sub", "accountId")
HEADERS = ("x-user-id", "x-userid", "x-forwarded-user", "x-amzn-oidc-identity", "x-authenticated-userid")
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
    return lambda: [row for table in everything(cloud).values() for row in table if bob.id in str(row)]


def named(person: Person) -> dict[str, Any]:
    """Somebody in every place of a request."""
    ids = dict.fromkeys(NAMES, person.id)
    return {"query": ids, "headers": dict.fromkeys(HEADERS, person.id)}


@pytest.mark.parametrize("route", AUTH)
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


@pytest.mark.parametrize("route", sorted(set(AUTH) & set(PROTECTED)))
def test_cve_2025_61928_naming_somebody_is_no_session(
    call: Api, bob: Person, his: Callable[[], list[Any]], route: str
) -> None:
    """S-68, S-66."""
    before = his()
    body = None if route.startswith("GET") else WHOLE | {"email": bob.email} | dict.fromkeys(NAMES, bob.id)

    answer = ask(call, route, json=body, **named(bob))

    assert (answer.status, answer.code, call.calls) == (401, "UNAUTHORIZED", [])
    assert his() == before
