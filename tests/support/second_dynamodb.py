"""Another DynamoDB than moto for the behaviour tests: `make test-dynamodb`.

`DYNAMODB_ENDPOINT` is its URL, or `ministack`, which is then started. Everything else stays moto.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from secrets import randbelow
from typing import Any
from unittest.mock import patch

import pytest

from gatehouse.transport.connections import ConnectionPool
from gatehouse_dev.environment import EXCLUDED_VARIABLES
from tests.support.emulator import running_emulator

CHOSEN = os.environ.get("DYNAMODB_ENDPOINT")
FIXTURES = {"cloud", "external_dynamodb"}
ROOT = Path(__file__).parents[2]
_TIMEOUT = 60  # seconds
_OWN_MOTO = "it serves moto's tables at an endpoint of its own"
FAILS = {
    "tests/functions/tasks/test_task_orders.py::test_pages_of_any_size_add_up_to_the_list[updated_at]": (
        "moto is wrong: a query that reads its last row at its limit does not know that it is the last"
    ),
    "tests/layer/test_recovery.py::test_after_refused_and_unanswered_connections_the_same_process_recovers": _OWN_MOTO,
    "tests/layer/test_recovery.py::test_after_the_retry_quota_is_used_up_the_process_recovers": _OWN_MOTO,
}
FAILS_ON_MINISTACK = {
    r"tests/layer/test_tasks_writing.py::test_the_largest_tasks_fit_in_one_transaction['\\ufdfa']": (
        "ministack is wrong: it limits the JSON of a transaction, with escapes, and not the size of its items"
    ),
}


def select(items: list[pytest.Item]) -> None:
    """Keep only the tests that use DynamoDB, if another than moto was chosen. Those listed have to fail."""
    fails = FAILS | (FAILS_ON_MINISTACK if CHOSEN == "ministack" else {})
    if CHOSEN:
        items[:] = [item for item in items if FIXTURES & set(getattr(item, "fixturenames", ()))]
        for item in items:
            if reason := fails.get(item.nodeid):
                item.add_marker(pytest.mark.xfail(reason=reason, strict=True))


@contextmanager
def endpoint() -> Iterator[str | None]:
    """Yield the URL of the chosen DynamoDB; None is moto.

    The access key is a new one, with the form of an account: by it, ministack and DynamoDB Local separate tables.
    """
    if not CHOSEN:
        yield None
        return
    with (
        patch.dict(EXCLUDED_VARIABLES, {"AWS_ACCESS_KEY_ID": f"{randbelow(10**12):012}"}),
        patch.object(ConnectionPool, "__init__", _with_long_timeouts(ConnectionPool.__init__)),
        _running_ministack() if CHOSEN == "ministack" else nullcontext(CHOSEN) as url,
    ):
        yield url


def _with_long_timeouts(init: Callable[..., None]) -> Callable[..., None]:
    """Wait for an engine on a busy machine, longer than functions would."""

    def patient(pool: ConnectionPool, url: str, **given: Any) -> None:
        init(pool, url, **given | {"connect_seconds": _TIMEOUT, "read_seconds": _TIMEOUT})

    return patient


@contextmanager
def _running_ministack() -> Iterator[str]:
    log = ROOT / f".cache/ministack-{os.getpid()}.log"
    log.parent.mkdir(exist_ok=True)
    with running_emulator("ministack", log, LOG_LEVEL="WARNING") as port:
        yield f"http://127.0.0.1:{port}"
    log.unlink()
