"""ministack, an emulator of AWS, in a process of its own."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PYTHON = Path(__file__).parents[2] / ".venv-emulator/bin/python"
_TIMEOUT = 60  # seconds


class NotStarted(Exception):
    """The emulator ended, or did not listen in time; the message is what it printed."""


@contextmanager
def running_emulator(module: str, log: Path, **environment: str) -> Iterator[int]:
    """Run the module of .venv-emulator on a free port, which is the result; what it prints is in `log`."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with (
        log.open("wb") as output,
        subprocess.Popen(  # noqa: S603 -- ours
            [str(PYTHON), "-P", "-m", module],
            cwd=log.parent,
            env={"BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port), **environment},
            stdin=subprocess.PIPE,  # gatehouse_dev.emulator ends when this process does
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process,
    ):
        try:
            deadline = time.monotonic() + _TIMEOUT
            while not _listens(port):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise NotStarted(log.read_text(encoding="utf-8"))
                time.sleep(0.05)
            yield port
        finally:
            process.terminate()
            process.wait(_TIMEOUT)


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0
