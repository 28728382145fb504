"""Another DynamoDB than moto for the behaviour tests: `make test-dynamodb`.

`DYNAMODB_ENDPOINT` is its URL, or `ministack`, which is then started. Everything else stays moto.
"""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from gatehouse_dev.environment import EXCLUDED_VARIABLES

CHOSEN = os.environ.get("DYNAMODB_ENDPOINT")
ROOT = Path(__file__).parents[2]
_TIMEOUT = 60  # seconds


@contextmanager
def dynamodb_endpoint() -> Iterator[str | None]:
    """Yield the URL of the chosen DynamoDB; None is moto.

    Each test process gets an access key of its own: by it, ministack and DynamoDB Local separate tables.
    """
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    with patch.dict(EXCLUDED_VARIABLES, {"AWS_ACCESS_KEY_ID": f"{1 + int(worker):012}"} if CHOSEN else {}):
        if CHOSEN == "ministack":
            with _running_ministack() as url:
                yield url
        else:
            yield CHOSEN


@contextmanager
def _running_ministack() -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    log = ROOT / f".cache/ministack-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 -- ours
            [str(ROOT / ".venv-emulator/bin/python"), "-P", "-m", "ministack"],
            env={"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), "LOG_LEVEL": "WARNING", "SERVICES": "dynamodb"},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        deadline = time.monotonic() + _TIMEOUT
        while not _listens(port):
            assert process.poll() is None and time.monotonic() < deadline, log.read_text(encoding="utf-8")
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(_TIMEOUT)
        log.unlink()


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0
