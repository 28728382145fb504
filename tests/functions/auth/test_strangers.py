"""Strangers: on every route that is not for everybody they are told so, before anything is read or looked at."""

from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.calls import Api
from tests.support.people import PASSWORD, Person
from tests.support.routes import PROTECTED
from tests.support.tables import tables_unchanged

ROUTES = [route for route in PROTECTED if "/api/auth/" in route]
WHOLE = dict.fromkeys(("password", "currentPassword", "newPassword"), PASSWORD)
WHOLE |= {"newEmail": "new@example.com", "name": "A", "provider": "google", "accountId": "x" * 32}


@pytest.mark.usefixtures("google")
def test_strangers_are_told_so_before_anything_is_read(call: Api, ann: Person, cloud: Cloud) -> None:
    """C30: who calls is settled before what was sent."""
    bodies: list[Any] = [None, {}, WHOLE | {"token": ann.token}, {"password": 1, "token": 1, "newEmail": 1}]

    with tables_unchanged(cloud):
        for route in ROUTES:
            path = {"session_id": ann.token[36:58]} if "{session_id}" in route else {}
            for bearer in (None, "garbage"):
                for body in bodies if route.startswith("POST") else bodies[:1]:
                    answer = call(route, bearer=bearer, json=body, query={"accountId": "x" * 32}, **path)
                    told = (answer.status, answer.code, answer.cookies, call.aws_operations)
                    assert told == (401, "UNAUTHORIZED", [], []), (route, bearer, body)


@pytest.mark.usefixtures("google")
def test_another_site_does_nothing_with_a_cookie(call: Api, ann: Person, cloud: Cloud) -> None:
    request: dict[str, Any] = {"cookies": [ann.cookie], "headers": {"origin": "https://evil.example"}}

    with tables_unchanged(cloud):
        for route in ROUTES:
            path = {"session_id": ann.token[36:58]} if "{session_id}" in route else {}
            if not route.startswith("GET"):
                answer = call(route, json=WHOLE | {"token": ann.token}, **request, **path)
                assert (answer.status, answer.code, call.aws_operations) == (403, "INVALID_ORIGIN", []), route
