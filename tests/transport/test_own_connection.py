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
from pynamodb.exceptions import GetError

from gatehouse.transport.client import Client
from gatehouse_dev.cloud import Cloud
from gatehouse_dev.template import Template
from tests.support.aws_calls import RECORDER
from tests.support.aws_failures import client_error, failing_calls
from tests.support.layer import layer
from tests.support.layout import ROOT
from tests.transport.client_pair import dynamodb_response
from tests.transport.server import Server, respond

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
keys = sys.modules["gatehouse.transport.signing"]._key.cache_info().currsize
print(json.dumps([before, len(connection().client._pool._idle), source["_credentials"], keys, repr(connection())]))
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


def test_the_setting_and_the_environment_select_the_transport(
    own: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Operators have profiles; functions have neither profiles nor proxies. Timeouts and attempts are equal."""

    def client() -> tuple[type, list[Any]]:
        own.connection.cache_clear()
        made, config = own.connection().client, own.connection().client.meta.config
        return type(made), [config.connect_timeout, config.read_timeout, config.retries["total_max_attempts"]]

    kind, limits = client()
    assert kind is Client
    monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", "true")
    assert client()[0] is not Client
    monkeypatch.delenv("AWS_USE_FIPS_ENDPOINT")
    assert client()[0] is Client
    settings(transport="botocore")
    assert issubclass(client()[0], BaseClient)
    assert client()[1] == limits


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

    server.behaviours = [respond(dynamodb_response(role)), respond(dynamodb_response({"Responses": {}}))]
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
    assert json.loads(run.stdout) == [1, 0, None, 0, f"Connection<{server.url}>"]
    assert [one.start.partition(" ")[0] for one in server.requests] == ["GET", "POST"]
