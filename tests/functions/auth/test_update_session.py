"""POST /api/auth/update-session: a session has no field that its user may change."""

from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.calls import Api
from tests.support.people import People
from tests.support.tables import everything

UPDATE = "POST /api/auth/update-session"
FIELDS = [
    {},
    {"expiresAt": "2099-01-01T00:00:00.000Z"},
    {"userId": "0199c1de-7f00-7c3a-8b1e-4f2a9d6c7e55"},
    {"token": "x", "id": "x", "epoch": 9, "ipAddress": "", "remember": True},
    {"theme": "dark"},
]


@pytest.mark.parametrize("fields", FIELDS)
def test_there_is_nothing_to_update(call: Api, people: People, cloud: Cloud, fields: dict[str, Any]) -> None:
    ann = people.signed_in()
    before = everything(cloud)

    answer = call(UPDATE, bearer=ann.token, json=fields)

    assert (answer.status, answer.code) == (400, "NO_FIELDS_TO_UPDATE")
    assert everything(cloud) == before


@pytest.mark.parametrize("body", [None, "[]", "1", '"text"', "null"])
def test_what_is_no_object_is_refused(call: Api, people: People, body: str | None) -> None:
    ann = people.signed_in()

    answer = call(UPDATE, bearer=ann.token, body=body, headers={"content-type": "application/json"})

    assert (answer.status, answer.code) == (400, "VALIDATION_ERROR")


@pytest.mark.parametrize("bearer", [None, "garbage"])
def test_who_calls_is_settled_first(call: Api, bearer: str | None) -> None:
    """C30."""
    answer = call(UPDATE, bearer=bearer, json={})

    assert (answer.status, answer.code) == (401, "UNAUTHORIZED")
