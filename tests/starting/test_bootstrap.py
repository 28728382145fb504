"""How functions start in Lambda: ready, heard by nobody, and with nothing that must not be in a snapshot."""

import json
import os
import subprocess
import sys
from collections import ChainMap
from collections.abc import Callable
from typing import Any

import pytest

from gatehouse_dev.cloud import Cloud
from gatehouse_dev.functions import Instance
from gatehouse_dev.template import Template
from tests.support.aws_calls import RECORDER
from tests.support.calls import Api

SOME = ("CreateTask", "ListTasks", "SignIn", "GetSession", "OauthCallback", "Ok", "SendMail", "RotateSecret")
KEPT = {
    "config.config",
    "dynamodb.connection",
    "bytecode_archive.install",
    "oauth.fetch._pool",
}  # clients without connections
STARTING = """
import functools, gc, importlib, json, os, random, sys
import botocore.client, fastapi, mangum, pydantic, pynamodb.models, snapshot_restore_py  # what takes long, once for all
from botocore.exceptions import EndpointConnectionError

asked, hung_up = [], []
ANSWERS = {"BatchGetItem": {"Responses": {}}, "GetSecretValue": {"VersionId": "v", "SecretString": 40 * "x"}}
away, folders = False, json.loads(sys.argv[1])

def call(client, operation, parameters):
    asked.append(operation)
    if away:
        raise EndpointConnectionError(endpoint_url="none")
    return ANSWERS[operation]

botocore.client.BaseClient._make_api_call = call
botocore.client.BaseClient.close = lambda client: hung_up.append(1)
sys.path.insert(0, "")

def start():
    found = {}
    for name, folder in folders.items():
        sys.path[0] = folder
        for module in ("handler", "gatehouse.bootstrap"):
            sys.modules.pop(module, None)
        asked.clear()
        start = importlib.import_module("gatehouse.bootstrap")
        found[name] = [*asked]
        assert start.handler is sys.modules["handler"].handler
        assert gc.isenabled() and gc.get_freeze_count() > 10_000
    for hook in snapshot_restore_py._before_snapshot_registry:
        hook[0](*hook[1], **hook[2])
    was = random.getstate()
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
        "asked": found, "cached": sorted(cached), "hung up": len(hung_up), "as random": random.getstate() == was,
        "fields": sys.modules["fastapi._compat.v2"].get_cached_model_fields.cache_info().currsize,
        "rows": [row.__name__ for row in ours["gatehouse.dynamodb"].Row.__subclasses__() if row._connection],
        "seen": bool(keyring._cached or ours["gatehouse.oauth.providers"]._discovered),
        "looked": max(keyring._refreshed_at, macs._last_refresh) == float("-inf"),
    }

for way in sys.argv[2:]:
    if process := os.fork():
        assert os.waitpid(process, 0)[1] == 0, way
        continue
    away = way == "away"
    os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"] = "snap-start" if way == "snap-start" else "on-demand"
    print(json.dumps({way: start()}), flush=True)
    break
"""
WAYS = ("on-demand", "away", "snap-start")

type Started = Callable[[str], Any]


@pytest.fixture(scope="module")
def started(running_cloud: Cloud, template: Template) -> Started:
    """What some functions do that start one after the other, as Lambda starts them; `away`: AWS does not answer."""
    assert running_cloud
    folders = {name: str(template.functions[name].folder) for name in SOME}
    fixed = {"PYTHONPATH": os.environ["PYTHONPATH"], "AWS_DEFAULT_REGION": "us-east-1"}
    run = subprocess.run(  # noqa: S603 -- our own interpreter
        [sys.executable, "-c", STARTING, json.dumps(folders), *WAYS],
        env=template.environment() | fixed | {"GATEHOUSE_TRANSPORT": "botocore"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    found = [json.loads(line) for line in run.stdout.splitlines()]  # had anybody printed, this would not do
    return ChainMap(*found).__getitem__


def test_a_start_looks_at_dynamodb_and_says_nothing(started: Started) -> None:
    """Those that serve no HTTP have time."""
    assert started("on-demand")["asked"] == {name: [] for name in SOME} | {
        "CreateTask": ["BatchGetItem"],
        "ListTasks": ["BatchGetItem"],
        "SignIn": ["BatchGetItem", "GetSecretValue", "GetSecretValue"],
    }  # and the others that hold the secret know it by then, for all run in one process here


def test_a_start_finds_out_what_the_first_request_would(started: Started) -> None:
    """Which parameters a list takes, and where each row is kept."""
    assert started("on-demand")["fields"] == 1
    assert {"TaskRow", "SessionRow", "AccountRow"} <= set(started("on-demand")["rows"])


def test_where_aws_is_away_functions_start_all_the_same(started: Started) -> None:
    """Whoever needs it will see."""
    assert len(started("away")["asked"]) == len(SOME)


def test_no_secret_no_time_and_no_connection_is_in_a_snapshot(started: Started) -> None:
    taken, usual = started("snap-start"), started("on-demand")

    assert {name.removeprefix("gatehouse.") for name in taken["cached"]} <= KEPT
    assert (taken["seen"], taken["looked"]) == (False, True)
    assert taken["hung up"] == len(SOME)  # each has its hook
    assert "gatehouse.keys.secret._secret_value" in usual["cached"]
    assert not usual["looked"]


def test_copies_of_a_snapshot_do_not_wait_alike(started: Started) -> None:
    assert not started("on-demand")["as random"]


def test_getting_ready_writes_nothing_whatever_the_function(
    call: Api, capsys: pytest.CaptureFixture[str], settings: Any
) -> None:
    """And what it reads it may read: the permissions are judged by what was done here, too."""
    settings(rate_limits="on")
    for name, function in call.template.functions.items():
        if function.routes:
            instance = Instance(function)
            with RECORDER.as_function(name):
                instance.handler.warm_up()  # type: ignore[attr-defined]

            assert set(call.aws_operations) <= {"BatchGetItem", "GetSecretValue"}, name

    assert capsys.readouterr() == ("", "")
