"""The setting `transport`: with `own`, no client of botocore is created, and a snapshot holds no credentials."""

import json
import os
from typing import Any

import pytest
from botocore.client import BaseClient

from gatehouse.transport import ATTEMPTS
from gatehouse.transport.client import Client
from gatehouse_dev.cloud import Cloud
from gatehouse_dev.template import Template
from tests.support.layer import layer
from tests.support.layout import ROOT
from tests.support.processes import run_python
from tests.support.scripted_service import ScriptedService, respond_with

ROLE = {"AccessKeyId": "A", "SecretAccessKey": "s", "Token": "t", "Expiration": "2099-01-01T00:00:00Z"}
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


def test_the_setting_and_the_environment_select_the_transport(
    cloud: Cloud, settings: Any, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """Operators have profiles; functions have neither profiles nor proxies. Timeouts and attempts are equal."""
    assert cloud
    connection = layer("dynamodb").connection
    request.addfinalizer(connection.cache_clear)

    def client(transport: str) -> Any:
        settings(transport=transport)
        connection.cache_clear()
        return connection().client

    own = client("own")
    assert isinstance(own, Client)
    for botocores in (client("botocore"), layer("keys.secret").client()):
        assert isinstance(botocores, BaseClient)
        config: Any = botocores.meta.config
        assert (config.connect_timeout, config.read_timeout) == (own._pool._connect_seconds, own._pool._read_seconds)
        assert config.retries["total_max_attempts"] == ATTEMPTS
    monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", "true")
    assert isinstance(client("own"), BaseClient)


def test_the_start_creates_no_botocore_client_and_a_snapshot_has_no_credentials(
    running_cloud: Cloud, template: Template, server: ScriptedService
) -> None:
    """Connections are closed and credentials discarded: each restored copy fetches its own."""
    assert running_cloud
    server.behaviours = [respond_with(json.dumps(ROLE)), respond_with('{"Responses": {}}')]
    variables = {
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": "authorization",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{server.url}/role",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": server.url,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start",
        "GATEHOUSE_TRANSPORT": "own",
        "PYTHONPATH": str(ROOT / "layers" / "common"),
        "PYTHONPYCACHEPREFIX": os.environ.get("PYTHONPYCACHEPREFIX", ""),
    }
    function = str(template.functions["GetSession"].folder)
    printed = run_python("-c", STARTING, function, environment=template.environment() | variables)

    assert json.loads(printed) == [1, 0, None, 0, f"Connection<{server.url}>"]
    assert [one.start.partition(" ")[0] for one in server.requests] == ["GET", "POST"]
