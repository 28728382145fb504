"""POST /api/auth/update-session: a session has no field that its user may change."""

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


def test_there_is_nothing_to_update(call: Api, ann: Person, cloud: Cloud) -> None:
    with tables_unchanged(cloud):
        for fields in FIELDS:
            answer = call(UPDATE, bearer=ann.token, json=fields)
            assert (answer.status, answer.code) == (400, "NO_FIELDS_TO_UPDATE"), fields


def test_what_is_no_object_is_refused(call: Api, ann: Person) -> None:
    for body in (None, "[]", "1", '"text"', "null"):
        answer = call(UPDATE, bearer=ann.token, body=body, headers={"content-type": "application/json"})
        assert (answer.status, answer.code) == (400, "VALIDATION_ERROR"), body
