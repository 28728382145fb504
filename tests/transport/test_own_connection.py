"""The setting `transport`: with `own`, no client of botocore is created, and a snapshot holds no credentials."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import EndpointConnectionError
from pynamodb.exceptions import GetError, PutError

from gatehouse.transport.client import Client
from gatehouse_dev.cloud import Cloud
from gatehouse_dev.template import Template
from tests.support.aws_calls import RECORDER
from tests.support.aws_failures import client_error, failing_calls
from tests.support.layer import layer
from tests.support.layout import ROOT
from tests.support.tables import rows
from tests.transport.client_pair import dynamodb_response
from tests.transport.server import Request, Server, respond

STARTING = """
import json, sys
import botocore.client, botocore.session, snapshot_restore_py

def none(*_, **__):
    raise AssertionError("a client of botocore's")

botocore.session.Session.create_client = botocore.client.BaseClient.__init__ = none
sys.path.insert(0, sys.argv[1])
import gatehouse.bootstrap
from gatehouse.dynamodb import connection
before = len(connection().client._pool._idle)
for hook in snapshot_restore_py._before_snapshot_registry:
    hook[0](*hook[1], **hook[2])
source = vars(connection().client._credential_provider)
print(json.dumps({"before": before, "after": len(connection().client._pool._idle),
                  "credentials": source["_credentials"],
                  "keys": sys.modules["gatehouse.transport.signing"]._key.cache_info().currsize,
                  "url": repr(connection())}))
"""


@pytest.fixture
def own(cloud: Cloud, settings: Any) -> Iterator[Any]:
    """The layer's DynamoDB access over our transport."""
    assert cloud
    dynamodb = layer("dynamodb")
    settings(transport="own")
    dynamodb.connection.cache_clear()
    yield dynamodb
    dynamodb.connection.cache_clear()


def epoch(user_id: str) -> Any:
    """Return a row to write."""
    return layer("sessions.table").EpochRow(user_id, epoch=1, cursor_key=b"\x00\xff")


def test_the_setting_selects_the_transport(own: Any, settings: Any) -> None:
    assert isinstance(own.connection().client, Client)
    own.connection.cache_clear()
    settings(transport="botocore")
    assert isinstance(own.connection().client, BaseClient)


def test_unsupported_settings_fall_back_to_botocore(own: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Operators have profiles; functions have neither profiles nor proxies."""
    assert isinstance(own.connection().client, Client)
    own.connection.cache_clear()
    monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", "true")
    assert isinstance(own.connection().client, BaseClient)


def test_timeouts_and_attempts_equal_those_for_botocore(own: Any, settings: Any) -> None:
    def limits() -> list[Any]:
        config = own.connection().client.meta.config
        return [config.connect_timeout, config.read_timeout, config.retries["total_max_attempts"]]

    expected = limits()
    own.connection.cache_clear()
    settings(transport="botocore")

    assert expected == limits()


def test_rows_are_returned_as_written(own: Any, cloud: Cloud) -> None:
    """Including bytes, by single and by batch reads."""
    row = layer("sessions.table").EpochRow
    own.transact(own.put(epoch("a")), own.put(epoch("b")))
    batch = own.batch_get((row, "b", "EPOCH"), (row, "none", "EPOCH"), (row, "a", "EPOCH"))

    assert row.get("a", "EPOCH").cursor_key == b"\x00\xff"
    assert [one and (one.user_id, one.cursor_key) for one in batch] == [("b", b"\x00\xff"), None, ("a", b"\x00\xff")]
    assert {one["user_id"] for one in rows(cloud, "SessionsTable")} == {"a", "b"}


def test_failed_conditions_are_reported(own: Any) -> None:
    row = layer("sessions.table").EpochRow
    own.transact(own.put(epoch("a")))

    with pytest.raises(own.ConditionFailed):
        own.transact(own.put(epoch("a"), row.user_id.does_not_exist()))
    with pytest.raises(own.ConditionFailed), own.conditional_write():
        epoch("a").save(row.user_id.does_not_exist())
    with pytest.raises(PutError, match="ConditionalCheckFailed"):
        epoch("a").save(row.user_id.does_not_exist())


@pytest.mark.usefixtures("own")
def test_recorders_and_fault_injection_of_tests_cover_both_transports(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise tests would count and inject nothing."""
    monkeypatch.setattr(RECORDER, "calls", set())  # these calls are not a function's
    row = layer("sessions.table").EpochRow
    with RECORDER.as_function("GetSession"), pytest.raises(row.DoesNotExist):
        row.get("a", "EPOCH")
    with failing_calls(client_error("ThrottlingException"), "GetItem") as operations, pytest.raises(GetError) as raised:
        row.get("a", "EPOCH")

    assert RECORDER.latest_operations == ["GetItem"]
    assert operations == ["GetItem"]
    assert layer("outages").is_outage(raised.value)


@pytest.mark.usefixtures("own")
def test_an_unreachable_endpoint_is_an_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:1")
    monkeypatch.setattr(layer("transport.retries").time, "sleep", lambda _: None)

    with pytest.raises(GetError) as raised:
        layer("throttle").LimitRow.get("x")

    assert isinstance(raised.value.cause, EndpointConnectionError)
    assert layer("outages").is_outage(raised.value)


def test_the_start_creates_no_botocore_client_and_a_snapshot_has_no_credentials(
    running_cloud: Cloud, template: Template, server: Server
) -> None:
    """Connections are closed and credentials discarded: each restored copy fetches its own."""
    assert running_cloud
    until = (datetime.now(UTC) + timedelta(hours=6)).isoformat()
    role = {"AccessKeyId": "AKIDSNAPSHOT", "SecretAccessKey": "s", "Token": "t", "Expiration": until}

    def respond_by_method(connected: Any, request: Request) -> bool:
        return respond(dynamodb_response(role if request.start.startswith("GET") else {"Responses": {}}))(
            connected, request
        )

    server.behaviours = [respond_by_method]
    variables = {
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{server.url}/role",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": server.url,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start",
        "GATEHOUSE_TRANSPORT": "own",
        "PYTHONPATH": str(ROOT / "layers" / "common"),
        "PYTHONPYCACHEPREFIX": os.environ.get("PYTHONPYCACHEPREFIX", ""),
    }
    run = subprocess.run(  # noqa: S603 -- our own interpreter
        [sys.executable, "-c", STARTING, str(template.functions["GetSession"].folder)],
        env=template.environment() | variables,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == {
        "before": 1,
        "after": 0,
        "credentials": None,
        "keys": 0,
        "url": f"Connection<{server.url}>",
    }
    assert [one.start.partition(" ")[0] for one in server.requests] == ["GET", "POST"]
