"""Fixtures: the whole service under moto, with real handlers, real events and the template's tables."""

import gc
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import astuple
from datetime import timedelta
from pathlib import Path
from threading import Lock
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import argon2
import botocore.endpoint
import pytest
from botocore.useragent import UserAgentString

from gatehouse_dev.cloud import Cloud
from gatehouse_dev.template import Template, load
from tests.support import second_dynamodb
from tests.support.aws_calls import RECORDER, AwsCall, save
from tests.support.calls import Api
from tests.support.layer import layer
from tests.support.mailbox import Mailbox
from tests.support.people import People
from tests.support.settings_guard import enforce_settings
from tests.support.transport import CHOSEN, patched_transports

pytest_plugins = ["tests.support.provider_fixtures"]
PARAMETERS = {
    "BaseUrl": "https://api.example.com",
    "CorsOrigins": "https://app.example.com",
    "MailFrom": "no-reply@example.com",
    "MailRate": "1000",
    "RateLimits": "off",
    "Transport": CHOSEN,
}
ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session", autouse=True)
def _transports_under_moto() -> Iterator[None]:
    """Answer the calls of either transport with moto."""
    with patched_transports(direct=True):
        yield


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between attempts, of either transport, which are skipped."""
    waited: list[float] = []
    for module in (botocore.endpoint, layer("transport.retries")):
        monkeypatch.setattr(module, "time", SimpleNamespace(sleep=waited.append))
    return waited


@pytest.fixture(scope="session")
def template() -> Template:
    """The project's template, or the one that `make test-built` built."""
    return load(Path(os.environ.get("BUILT_TEMPLATE", ROOT / "template.yaml")), PARAMETERS)


@pytest.fixture(scope="session")
def running_cloud(template: Template) -> Iterator[Cloud]:
    """One local cloud for the whole run."""
    with (
        patch.object(UserAgentString, "to_string", lambda _: "pytest"),  # botocore builds it twice per call
        second_dynamodb.endpoint() as endpoint,
        Cloud(template, endpoint=endpoint) as cloud,
        RECORDER.recording(),
        enforce_settings(template),
    ):
        layer("telemetry").logger.registered_handler.stream = sys.stdout  # it may have been imported under capsys
        yield cloud


@pytest.fixture
def cloud(running_cloud: Cloud) -> Cloud:
    """The cloud with empty tables and no mail."""
    running_cloud.reset()
    return running_cloud


@pytest.fixture(scope="session")
def api(running_cloud: Cloud) -> Api:
    """All functions of the template, called by route. Hashing is cheap, responses are not padded to constant time,
    and no session orders that others end.
    """
    api = Api(running_cloud.template)
    from gatehouse.accounts import passwords, trim_orders  # noqa: PLC0415 -- the layer reads the environment
    from gatehouse.http import middleware  # noqa: PLC0415 -- the same

    passwords._hasher = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    middleware._CONSTANT_TIME_STEP = 0.001
    trim_orders.ONE_IN = 2**64  # no test may depend on chance
    return api


@pytest.fixture
def call(api: Api, cloud: Cloud, advance_clock: Callable[..., None]) -> Api:
    """Call a route: `call("POST /api/tasks", json={…}, bearer=token)`. The clock advances a millisecond each time."""
    from gatehouse import clock  # noqa: PLC0415 -- the layer reads the environment
    from gatehouse.keys import access_tokens, keyring, macs, secret  # noqa: PLC0415 -- the same

    assert cloud
    newest = secret.newest_version()
    row = keyring.KeyringRow(newest=newest, public_keys=dict([access_tokens.public_key(newest)]))
    row.save()
    keyring.update_cache(row)
    macs._last_refresh = clock.monotonic()
    api.between_calls = lambda: advance_clock(milliseconds=1)
    return api


@pytest.fixture
def mailbox(call: Api, cloud: Cloud) -> Mailbox:
    """The mails that were sent. Reading it delivers pending mails first."""
    return Mailbox(call, cloud)


@pytest.fixture
def people(call: Api) -> People:
    """Creates users, verified or signed in."""
    return People(call)


@pytest.fixture
def settings() -> Iterator[Callable[..., None]]:
    """Change settings: `settings(require_email_verification="false")`."""
    from gatehouse.config import config  # noqa: PLC0415 -- the layer reads the environment when imported

    before = dict(os.environ)

    def change(**given: str) -> None:
        os.environ.update({f"GATEHOUSE_{name.upper()}": value for name, value in given.items()})
        config.cache_clear()

    yield change
    os.environ.clear()
    os.environ.update(before)
    config.cache_clear()


@pytest.fixture
def advance_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Advance the clock: `advance_clock(minutes=16)`. Steps add up; without a step the clock stands still."""
    from gatehouse import clock  # noqa: PLC0415 -- the layer reads the environment when imported

    began_at, began, passed, lock = clock.now(), clock.monotonic(), timedelta(), Lock()

    def move(**step: float) -> None:
        nonlocal passed
        with lock:
            passed += timedelta(**step)

    monkeypatch.setattr(clock, "now", lambda: began_at + passed)
    monkeypatch.setattr(clock, "monotonic", lambda: began + passed.total_seconds())
    return move


def scan(cloud: Cloud, table: str) -> list[Mapping[str, Any]]:
    """Return all items of a table in DynamoDB's format."""
    items: list[Mapping[str, Any]] = cloud.client("dynamodb").scan(TableName=table)["Items"]
    return items


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Skip the browser tests unless they are selected: Playwright is slow to import."""
    excluded = "not browser" in config.getoption("markexpr")
    return True if excluded and collection_path == ROOT / "tests/browser" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests that start clouds of their own first, before the cloud for the whole run starts."""
    second_dynamodb.select(items)
    items.sort(key=lambda item: "tests/devtools" not in item.nodeid)


def pytest_collection_finish() -> None:
    """Exclude imported modules from garbage collection, which took a tenth of the run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


class CallReport:
    """Collects the AWS calls of all test processes. The permissions test reads them in a later run."""

    def __init__(self) -> None:
        self.aws_calls: set[AwsCall] = set()
        self.files: set[str] = set()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Add the calls of a worker that finished."""
        output = getattr(node, "workeroutput", {})
        self.aws_calls |= {AwsCall(*call) for call in output.get("aws_calls", [])}
        self.files |= set(output.get("files", []))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Pass the calls to the controlling process, or save them for the next run."""
        self.aws_calls |= RECORDER.calls
        self.files |= {str(item.path) for item in session.items}
        if hasattr(session.config, "workeroutput"):
            calls = [astuple(call) for call in self.aws_calls]
            session.config.workeroutput |= {"aws_calls": calls, "files": sorted(self.files)}
        elif session.config.getoption("markexpr") != "last":
            save(self.aws_calls, self.files)


def pytest_configure(config: pytest.Config) -> None:
    """Register the report."""
    config.pluginmanager.register(CallReport())
