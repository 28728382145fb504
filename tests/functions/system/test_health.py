"""Health: whether the service and its database answer, and nothing else."""

import re

import pytest

from tests.support.aws_failures import UNREACHABLE, client_error, failing_calls
from tests.support.calls import Api

HEALTH = "GET /health"
OUTAGES = [UNREACHABLE, client_error("ThrottlingException"), client_error("InternalServerError", 500)]


def test_anybody_may_ask_how_it_is(call: Api) -> None:
    answer = call(HEALTH)

    assert answer.status == 200
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", answer.json["timestamp"])
    assert answer.json == {"status": "ok", "database": "connected", "timestamp": answer.json["timestamp"]}


def test_the_database_is_asked_each_time(call: Api) -> None:
    call(HEALTH)
    call(HEALTH)

    assert call.aws_operations == ["GetItem"]


@pytest.mark.parametrize("error", OUTAGES, ids=str)
def test_without_its_database_it_is_unavailable_and_says_no_more(call: Api, error: Exception) -> None:
    with failing_calls(error):
        answer = call(HEALTH)

    assert (answer.status, answer.code) == (503, "SERVICE_UNAVAILABLE")
    assert set(answer.json) == {"code", "message", "requestId"}
    assert not re.search(r"aws|dynamo|endpoint|Error", answer.json["message"], re.IGNORECASE)


def test_it_recovers(call: Api) -> None:
    with failing_calls(UNREACHABLE):
        assert call(HEALTH).status == 503

    assert call(HEALTH).status == 200


def test_a_broken_session_does_not_make_it_sick(call: Api) -> None:
    assert call(HEALTH, bearer="garbage", cookies=["better-auth.session_token=x"]).status == 200
