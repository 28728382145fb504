"""POST /api/auth/update-session: a session has no field that the user may change."""

from typing import Any

from gatehouse_dev.cloud import Cloud
from tests.support.calls import Api
from tests.support.people import Person
from tests.support.tables import tables_unchanged

UPDATE = "POST /api/auth/update-session"
FIELDS: list[dict[str, Any]] = [
    {},
    {"expiresAt": "2099-01-01T00:00:00.000Z"},
    {"userId": "0199c1de-7f00-7c3a-8b1e-4f2a9d6c7e55"},
    {"token": "x", "id": "x", "epoch": 9, "ipAddress": "", "remember": True},
    {"theme": "dark"},
]


def test_every_update_is_refused(call: Api, ann: Person, cloud: Cloud) -> None:
    with tables_unchanged(cloud):
        for fields in FIELDS:
            response = call(UPDATE, bearer=ann.token, json=fields)
            assert (response.status, response.code) == (400, "NO_FIELDS_TO_UPDATE"), fields


def test_a_body_that_is_no_object_is_refused(call: Api, ann: Person) -> None:
    for body in (None, "[]", "1", '"text"', "null"):
        response = call(UPDATE, bearer=ann.token, body=body, headers={"content-type": "application/json"})
        assert (response.status, response.code) == (400, "VALIDATION_ERROR"), body
