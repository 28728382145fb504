"""The start of functions in Lambda: what it reads and caches, that it prints nothing, and what a snapshot contains."""

import json
import os
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from gatehouse_dev.functions import Instance
from gatehouse_dev.template import Template
from tests.support.aws_calls import RECORDER
from tests.support.calls import Api
from tests.support.processes import run_python

FUNCTIONS = ("CreateTask", "ListTasks", "SignIn", "GetSession", "OauthCallback", "Ok", "SendMail", "RotateSecret")
# Settings, and clients without connections.
CACHED = {"config.config", "setting_types._validator", "dynamodb.connection", "outbound._pool"}
START_FUNCTIONS = """
import functools, gc, importlib, json, os, random, sys
import botocore.client, fastapi, mangum, pydantic, pynamodb.models, snapshot_restore_py  # what takes long, once for all
from botocore.exceptions import EndpointConnectionError

calls, closed = [], []
RESPONSES = {"BatchGetItem": {"Responses": {}}, "GetSecretValue": {"VersionId": "v", "SecretString": 40 * "x"}}
outage, folders = False, json.loads(sys.argv[1])

def call(client, operation, parameters):
    calls.append(operation)
    if outage:
        raise EndpointConnectionError(endpoint_url="none")
    return RESPONSES[operation]

botocore.client.BaseClient._make_api_call = call
botocore.client.BaseClient.close = lambda client: closed.append(1)
sys.path.insert(0, "")

def start():
    found = {}
    for name, folder in folders.items():
        sys.path[0] = folder
        for module in ("handler", "gatehouse.bootstrap"):
            sys.modules.pop(module, None)
        calls.clear()
        start = importlib.import_module("gatehouse.bootstrap")
        found[name] = [*calls]
        assert start.handler is sys.modules["handler"].handler
        assert gc.isenabled() and gc.get_freeze_count() > 10_000
        routes = start.function.router.routes if hasattr(start.function, "router") else ()
        assert {id(route.endpoint) for route in routes} <= set(sys.modules["fastapi.routing"]._endpoint_context_cache)
    for hook in snapshot_restore_py._before_snapshot_registry:
        hook[0](*hook[1], **hook[2])
    state = random.getstate()
    for hook in snapshot_restore_py._after_restore_registry:
        hook[0](*hook[1], **hook[2])
    ours = {name: module for name, module in sys.modules.items() if name.startswith("gatehouse.")}
    cached = {
        f"{function.__module__}.{function.__qualname__}"
        for module in ours.values()
        for function in vars(module).values()
        if isinstance(function, functools._lru_cache_wrapper) and function.cache_info().currsize
        and function.__module__ in ours
    }
    keyring, macs = ours["gatehouse.keys.keyring"], ours["gatehouse.keys.macs"]
    return {
        "calls": found, "cached": sorted(cached), "closed": len(closed), "same random": random.getstate() == state,
        "fields": sys.modules["fastapi._compat.v2"].get_cached_model_fields.cache_info().currsize,
        "rows": [row.__name__ for row in ours["gatehouse.dynamodb"].Row.__subclasses__() if row._connection],
        "has keys": bool(keyring._cached or ours["gatehouse.oauth.providers"]._description.cache_info().currsize),
        "never refreshed": max(keyring._refreshed_at, macs._last_refresh) == float("-inf"),
    }

for mode in sys.argv[2:]:
    if process := os.fork():
        assert os.waitpid(process, 0)[1] == 0, mode
        continue
    outage = mode == "outage"
    os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"] = "snap-start" if mode == "snap-start" else "on-demand"
    print(json.dumps([mode, start()]), flush=True)
    break
"""


@pytest.fixture(scope="module")
def results(running_cloud: Cloud, template: Template) -> dict[str, Any]:
    """The results of starting FUNCTIONS one after the other, by mode; `outage`: AWS cannot be reached."""
    assert running_cloud
    folders = {name: str(template.functions[name].folder) for name in FUNCTIONS}
    fixed = {"PYTHONPATH": os.environ["PYTHONPATH"], "AWS_DEFAULT_REGION": "us-east-1"}
    environment = template.environment() | fixed | {"GATEHOUSE_TRANSPORT": "botocore"}
    modes = ("on-demand", "outage", "snap-start")
    printed = run_python("-c", START_FUNCTIONS, json.dumps(folders), *modes, environment=environment)
    return dict(map(json.loads, printed.splitlines()))  # any other output would be no JSON


def test_the_start_reads_what_the_first_request_would_and_prints_nothing(results: dict[str, Any]) -> None:
    """Functions without routes read nothing."""
    assert results["on-demand"]["calls"] == {name: [] for name in FUNCTIONS} | {
        "CreateTask": ["BatchGetItem"],
        "ListTasks": ["BatchGetItem"],
        "SignIn": ["BatchGetItem", "GetSecretValue", "GetSecretValue"],
    }  # other functions that use the secret find it cached: here all run in one process


def test_the_start_fills_the_caches_of_fastapi_and_pynamodb(results: dict[str, Any]) -> None:
    """The contexts of endpoints, the fields of a list's parameters, and the tables of rows."""
    assert results["on-demand"]["fields"] == 1
    assert {"TaskRow", "SessionRow", "AccountRow"} <= set(results["on-demand"]["rows"])


def test_without_aws_functions_start_nevertheless(results: dict[str, Any]) -> None:
    """The first request will fail instead."""
    assert len(results["outage"]["calls"]) == len(FUNCTIONS)


def test_a_snapshot_has_nothing_that_copies_may_not_share(results: dict[str, Any]) -> None:
    """No secret, no time, no connection, and another random state."""
    snapshot, usual = results["snap-start"], results["on-demand"]

    assert {name.removeprefix("gatehouse.") for name in snapshot["cached"]} <= CACHED
    assert (snapshot["has keys"], snapshot["never refreshed"]) == (False, True)
    assert snapshot["closed"] == len(FUNCTIONS)  # one hook for each
    assert not snapshot["same random"]
    assert "gatehouse.keys.secret._secret_value" in usual["cached"]
    assert not usual["never refreshed"]


def test_warm_up_writes_and_prints_nothing(call: Api, capsys: pytest.CaptureFixture[str], settings: Any) -> None:
    """What it reads is recorded, so that the test of permissions covers it."""
    settings(rate_limits="on")
    for name, function in call.template.functions.items():
        if function.routes:
            instance = Instance(function)
            with RECORDER.as_function(name):
                instance.handler.warm_up()  # type: ignore[attr-defined]

            assert set(call.aws_operations) <= {"BatchGetItem", "GetSecretValue"}, name

    assert capsys.readouterr() == ("", "")
