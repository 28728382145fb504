"""The whole product as a process of its own: what `make dev` starts, on a port that it finds for itself."""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_PATIENCE = 60  # seconds, for what takes one


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A running service; its console goes to a file.

    `cloud_url` is where the operator's tool finds its AWS, if that is open; `clock` holds by how many seconds its clock
    runs ahead.
    """

    url: str
    cloud_url: str
    console: Path
    clock: Path

    def log(self) -> str:
        """Everything that it printed so far."""
        return self.console.read_text(encoding="utf-8", errors="replace")


@contextmanager
def running_service(*, cloud_port: str = "", **settings: str) -> Iterator[Service]:
    """Start the product with settings of `make dev`: `running_service(require_email_verification="false")`.

    Its AWS is open to the operator's tool with `cloud_port="0"`.
    """
    given = {f"GATEHOUSE_{name.upper()}": value for name, value in settings.items()}
    given |= {"PORT": "0", "CLOUD_PORT": cloud_port, "PYTHONPATH": f"{ROOT}:{ROOT / 'devtools'}"}
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GATEHOUSE_")}
    with tempfile.TemporaryDirectory() as folder:
        console, clock = Path(folder, "console"), Path(folder, "clock")
        clock.write_text("0", encoding="ascii")
        with console.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "tests.support.fast_service"],
                cwd=ROOT,
                env=clean | given | {"TESTS_CLOCK": str(clock)},
                stdout=out,
                stderr=subprocess.STDOUT,
            )
            try:
                url, cloud_url = _introduced(console, process)
                yield Service(url=url, cloud_url=cloud_url, console=console, clock=clock)
            finally:
                process.terminate()
                process.wait(_PATIENCE)


def _introduced(console: Path, process: subprocess.Popen[bytes]) -> tuple[str, str]:
    """Where it listens, and its AWS; it does so already when it tells."""
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        text = console.read_text(encoding="utf-8")
        if url := re.search(r"^Gatehouse runs at (\S+)$", text, re.MULTILINE):
            cloud_url = re.search(r"AWS_ENDPOINT_URL=(\S+)$", text, re.MULTILINE)
            return url[1], cloud_url[1] if cloud_url else ""
        time.sleep(0.02)
    raise AssertionError(f"the service did not start:\n{console.read_text(encoding='utf-8')}")
