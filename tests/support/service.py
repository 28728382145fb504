"""The whole product as a process of its own: what `make dev` starts, on a free port."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_START = 60  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A running service; its console goes to a file."""

    url: str
    console: Path

    def log(self) -> str:
        """Everything that it printed so far."""
        return self.console.read_text(encoding="utf-8", errors="replace")


@contextmanager
def running_service(*, cloud_port: str = "", **settings: str) -> Iterator[Service]:
    """Start the product with settings of `make dev`: `running_service(require_email_verification="false")`.

    Its AWS is open to the operator's tool where a `cloud_port` is given.
    """
    port = _free_port()
    given = {f"GATEHOUSE_{name.upper()}": value for name, value in settings.items()}
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GATEHOUSE_")}
    with tempfile.TemporaryDirectory() as folder:
        console = Path(folder, "console")
        with console.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.quick"],
                cwd=ROOT,
                env=clean
                | given
                | {"PORT": str(port), "CLOUD_PORT": cloud_port, "PYTHONPATH": f"{ROOT}:{ROOT / 'devtools'}"},
                stdout=out,
                stderr=subprocess.STDOUT,
            )
            service = Service(url=f"http://localhost:{port}", console=console)
            try:
                _wait_for(service, process)
                yield service
            finally:
                process.terminate()
                process.wait(timeout=15)


def _wait_for(service: Service, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{service.url}/api/auth/ok", timeout=5):  # noqa: S310 -- http, to ourselves
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"the service did not start:\n{service.log()}")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
