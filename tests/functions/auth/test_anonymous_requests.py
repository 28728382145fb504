"""Anonymous requests: protected routes refuse them before any table is read and before the input is validated."""

from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from tests.support.calls import Api
from tests.support.people import PASSWORD, Person
from tests.support.routes import PROTECTED
from tests.support.tables import tables_unchanged

ROUTES = [route for route in PROTECTED if "/api/auth/" in route]
VALID = dict.fromkeys(("password", "currentPassword", "newPassword"), PASSWORD)
VALID |= {"newEmail": "new@example.com", "name": "A", "provider": "google", "accountId": "x" * 32}


@pytest.mark.usefixtures("google")
def test_anonymous_requests_are_refused_before_any_read(call: Api, ann: Person, cloud: Cloud) -> None:
    """C30: authentication comes before validation."""
    bodies: list[Any] = [None, {}, VALID | {"token": ann.token}, {"password": 1, "token": 1, "newEmail": 1}]

    with tables_unchanged(cloud):
        for route in ROUTES:
            path = {"session_id": ann.token[36:58]} if "{session_id}" in route else {}
            for bearer in (None, "garbage"):
                for body in bodies if route.startswith("POST") else bodies[:1]:
                    response = call(route, bearer=bearer, json=body, query={"accountId": "x" * 32}, **path)
                    outcome = (response.status, response.code, response.cookies, call.aws_operations)
                    assert outcome == (401, "UNAUTHORIZED", [], []), (route, bearer, body)


@pytest.mark.usefixtures("google")
def test_a_cookie_from_another_site_is_refused(call: Api, ann: Person, cloud: Cloud) -> None:
    request: dict[str, Any] = {"cookies": [ann.cookie], "headers": {"origin": "https://evil.example"}}

    with tables_unchanged(cloud):
        for route in ROUTES:
            path = {"session_id": ann.token[36:58]} if "{session_id}" in route else {}
            if not route.startswith("GET"):
                response = call(route, json=VALID | {"token": ann.token}, **request, **path)
                assert (response.status, response.code, call.aws_operations) == (403, "INVALID_ORIGIN", []), route
