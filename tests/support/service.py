"""Runs the service in a process of its own, as `make dev` does, on a free port."""

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
_TIMEOUT = 60  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A running service.

    `console` is the file with its output, `clock` the file with the seconds by which its clock is ahead. `cloud_url` is
    its AWS endpoint for the operator's tool, if that is open.
    """

    url: str
    cloud_url: str
    console: Path
    clock: Path

    def log(self) -> str:
        """Return its output so far."""
        return self.console.read_text(encoding="utf-8", errors="replace")


@contextmanager
def running_service(
    *, cloud_port: str = "", faults: str = "0", template: str = f"{ROOT}/template.yaml", **settings: str
) -> Iterator[Service]:
    """Run the service with settings of `make dev`: `running_service(require_email_verification="false")`.

    `cloud_port="0"` opens its AWS endpoint to the operator's tool. `faults` is the share of DynamoDB's calls that fail.
    `template` is the path of what is served, with the folders beside it.
    """
    variables = {f"GATEHOUSE_{name.upper()}": value for name, value in settings.items()}
    variables |= {"PYTHONPATH": f"{ROOT}:{ROOT / 'devtools'}"}
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GATEHOUSE_")}
    with tempfile.TemporaryDirectory() as folder:
        console, clock = Path(folder, "console"), Path(folder, "clock")
        clock.write_text("0", encoding="ascii")
        with console.open("wb") as out:
            process = subprocess.Popen(  # noqa: S603 -- ours
                [sys.executable, "-m", "tests.support.fast_service", cloud_port],
                cwd=ROOT,
                env=environment
                | variables
                | {"TESTS_CLOCK": str(clock), "TESTS_FAULTS": faults, "TESTS_TEMPLATE": template},
                stdout=out,
                stderr=subprocess.STDOUT,
            )
            try:
                url, cloud_url = _printed_urls(console, process)
                yield Service(url=url, cloud_url=cloud_url, console=console, clock=clock)
            finally:
                process.terminate()
                process.wait(_TIMEOUT)


def _printed_urls(console: Path, process: subprocess.Popen[bytes]) -> tuple[str, str]:
    """Return the URLs of the service and of its AWS endpoint. It prints them once it listens, the documents last."""
    deadline = time.monotonic() + _TIMEOUT
    while time.monotonic() < deadline and process.poll() is None:
        text = console.read_text(encoding="utf-8")
        if url := re.search(r"^Gatehouse runs at (\S+)$(?=.*^  docs .*\n)", text, re.MULTILINE | re.DOTALL):
            cloud_url = re.search(r"AWS_ENDPOINT_URL=(\S+)$", text, re.MULTILINE)
            return url[1], cloud_url[1] if cloud_url else ""
        time.sleep(0.02)
    raise AssertionError(f"the service did not start:\n{console.read_text(encoding='utf-8')}")
