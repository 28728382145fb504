"""FastAPI apps with the SDK, connected to the product itself or to a scripted service."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import count

import httpx2
import pytest
from fastapi.testclient import TestClient

from gatehouse_fastapi import Gatehouse
from gatehouse_fastapi import keys as keys_module
from tests.sdk.apps import app_with
from tests.sdk.callers import Caller, Deployment
from tests.support.scripted_service import ScriptedService, respond_with
from tests.support.service import running_service

_NUMBERS = count()


@pytest.fixture(scope="session")
def deployment() -> Iterator[Deployment]:
    """The product as `make dev` starts it, with its AWS open to the operator's tool."""
    with (
        running_service(cloud_port="0", require_email_verification="false") as service,
        httpx2.Client(base_url=service.url, timeout=30) as client,
    ):
        yield Deployment(url=service.url, cloud_url=service.cloud_url, client=client)


@pytest.fixture
def caller(deployment: Deployment) -> Caller:
    """A new signed-in user."""
    return deployment.sign_up(f"ann{next(_NUMBERS)}@example.com")


@pytest.fixture
def scripted_service() -> Iterator[ScriptedService]:
    """A service on a socket, whose responses a test defines."""
    with ScriptedService() as service:
        service.behaviours = [respond_with("null")]
        yield service


@pytest.fixture
def client_for() -> Iterator[Callable[[Gatehouse], TestClient]]:
    """Create a client of an app with that Gatehouse, in one event loop, as a server would run it."""
    with ExitStack() as stack:
        yield lambda gatehouse: stack.enter_context(TestClient(app_with(gatehouse)))


@pytest.fixture
def advance_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Advance the clock of the key cache by some seconds. Steps add up."""
    real, passed = time.monotonic, 0.0

    def move(seconds: float) -> None:
        nonlocal passed
        passed += seconds
        monkeypatch.setattr(keys_module, "monotonic", lambda: real() + passed)

    return move
