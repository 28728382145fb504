"""The whole service under moto: real handlers, real events, tables from the template."""

import gc
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import astuple
from datetime import timedelta
from pathlib import Path
from threading import Lock
from typing import Any
from unittest.mock import patch

import argon2
import pytest
from botocore.useragent import UserAgentString

from gatehouse_dev.cloud import Cloud
from gatehouse_dev.template import Template, load
from tests.support.aws_calls import RECORDER, AwsCall, save
from tests.support.calls import Api
from tests.support.layer import layer
from tests.support.mailbox import Mailbox
from tests.support.people import People
from tests.support.settings_guard import enforce_settings
from tests.support.transport import CHOSEN, patched_transports

pytest_plugins = ["tests.support.google"]
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
def _both_transports() -> Iterator[None]:
    """Whichever is chosen, moto answers it."""
    with patched_transports(short=True):
        yield


@pytest.fixture(scope="session")
def template() -> Template:
    """The real template, or the one that `make test-built` has built."""
    return load(Path(os.environ.get("BUILT_TEMPLATE", ROOT / "template.yaml")), PARAMETERS)


@pytest.fixture(scope="session")
def running_cloud(template: Template) -> Iterator[Cloud]:
    """One embedded cloud for the whole run."""
    with (
        patch.object(UserAgentString, "to_string", lambda _: "pytest"),  # botocore makes it twice for each call
        Cloud(template) as cloud,
        RECORDER.listening(),
        enforce_settings(template),
    ):
        layer("telemetry")  # prints where it is imported, and what is there while capsys is closes with that
        yield cloud


@pytest.fixture
def cloud(running_cloud: Cloud) -> Cloud:
    """Empty tables and no mail."""
    running_cloud.reset()
    return running_cloud


@pytest.fixture(scope="session")
def api(running_cloud: Cloud) -> Api:
    """Every function of the template, behind its routes. Hashing is cheap, and answers need not be even."""
    api = Api(running_cloud.template)
    from gatehouse.accounts import passwords  # noqa: PLC0415 -- the layer reads the environment when imported
    from gatehouse.http import middleware  # noqa: PLC0415 -- the same

    passwords._hasher = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    middleware._CONSTANT_TIME_STEP = 0.001
    return api


@pytest.fixture
def call(api: Api, cloud: Cloud, advance_clock: Callable[..., None]) -> Api:
    """Call a route: `call("POST /api/tasks", json={…}, bearer=token)`. Each call comes a millisecond after the last."""
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
    """The mails that were sent; looking delivers what is due."""
    return Mailbox(call, cloud)


@pytest.fixture
def people(call: Api) -> People:
    """Users who signed up, verified and signed in like anybody."""
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
    """Let time pass: `later(minutes=16)`. Steps add up; between them no time passes, however long a test takes."""
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
    """All rows of a table, as DynamoDB shows them."""
    items: list[Mapping[str, Any]] = cloud.client("dynamodb").scan(TableName=table)["Items"]
    return items


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """The browser tests need Playwright, which is slow to load: they are looked at where they are asked for."""
    left_out = "not browser" in config.getoption("markexpr")
    return True if left_out and collection_path == ROOT / "tests/browser" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Clouds of their own come first, before the one for the whole run."""
    items.sort(key=lambda item: "tests/devtools" not in item.nodeid)


def pytest_collection_finish() -> None:
    """What was imported stays; looking through it again and again for garbage took a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


class Notes:
    """What was done, from every process that runs tests; the permissions are judged by it in a run of their own."""

    def __init__(self) -> None:
        self.acts: set[AwsCall] = set()
        self.files: set[str] = set()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """A worker has finished."""
        output = getattr(node, "workeroutput", {})
        self.acts |= {AwsCall(*act) for act in output.get("acts", [])}
        self.files |= set(output.get("files", []))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hand on what this process did, or keep it for the next run."""
        self.acts |= RECORDER.acts
        self.files |= {str(item.path) for item in session.items}
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput |= {"acts": [astuple(act) for act in self.acts], "files": sorted(self.files)}
        elif session.config.getoption("markexpr") != "last":
            save(self.acts, self.files)


def pytest_configure(config: pytest.Config) -> None:
    """Take notes."""
    config.pluginmanager.register(Notes())
