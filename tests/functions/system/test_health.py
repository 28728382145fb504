"""GET /health: the state of the service and of its database."""

import re

import pytest

from tests.support.aws_failures import UNREACHABLE, client_error, failing_calls
from tests.support.calls import Api

HEALTH = "GET /health"
OUTAGES = [UNREACHABLE, client_error("ThrottlingException"), client_error("InternalServerError", 500)]


def test_the_route_is_public(call: Api) -> None:
    response = call(HEALTH)

    assert response.status == 200
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", response.json["timestamp"])
    assert response.json == {"status": "ok", "database": "connected", "timestamp": response.json["timestamp"]}


def test_the_database_is_checked_each_time(call: Api) -> None:
    call(HEALTH)
    call(HEALTH)

    assert call.aws_operations == ["GetItem"]


@pytest.mark.parametrize("error", OUTAGES, ids=str)
def test_without_its_database_it_is_unavailable_without_details(call: Api, error: Exception) -> None:
    with failing_calls(error):
        response = call(HEALTH)

    assert (response.status, response.code) == (503, "SERVICE_UNAVAILABLE")
    assert set(response.json) == {"code", "message", "requestId"}
    assert not re.search(r"aws|dynamo|endpoint|Error", response.json["message"], re.IGNORECASE)


def test_it_recovers(call: Api) -> None:
    with failing_calls(UNREACHABLE):
        assert call(HEALTH).status == 503

    assert call(HEALTH).status == 200


def test_invalid_credentials_are_ignored(call: Api) -> None:
    assert call(HEALTH, bearer="garbage", cookies=["better-auth.session_token=x"]).status == 200
