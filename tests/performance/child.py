"""Runs a function in a process of its own as Lambda does, with only its deployed files."""

import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from tests.performance.replay import ReplayingCloud
from tests.performance.requests import BenchRequest
from tests.performance.runtime_api import Broken, RuntimeApi
from tests.performance.serving import serving

_TAIL = 3000  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A measured function: `task` and `opt` are /var/task and /opt/python; `cloud` responds for AWS."""

    name: str
    task: Path
    opt: Path
    handler: str
    memory_mib: int
    environment: dict[str, str]
    event: bytes
    request: BenchRequest
    cloud: ReplayingCloud


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The state of an idle process: clock in seconds, CPU seconds and AWS calls so far."""

    wall: float
    cpu: float
    calls: dict[str, int]


@dataclass(slots=True, kw_only=True)
class Run:
    """One run of the process: snapshots between requests, seconds per response, peak memory in KiB."""

    started: float
    snapshots: list[Snapshot] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    peak_kib: int = 0
    output: str = ""


class Starter:
    """Starts subjects with an interpreter that has only Lambda's runtime interface client."""

    def __init__(self, python: Path) -> None:
        self._python = python

    def run(self, subject: Subject, requests: int, *, wrapper: Sequence[str] = (), flags: Sequence[str] = ()) -> Run:
        """Start, send so many requests, and stop; Broken if a response is unexpected."""
        api = RuntimeApi()
        subject.cloud.calls.clear()
        command = [*wrapper, str(self._python), "-s", "-P", *flags, "-m", "awslambdaric", subject.handler]
        with (
            serving(api) as runtime_address,
            serving(subject.cloud) as cloud_address,
            tempfile.TemporaryFile("w+b") as output,
        ):
            run = Run(started=time.perf_counter())
            try:
                with _process(
                    command, subject, _environment(subject, runtime_address, cloud_address), output
                ) as process:
                    _serve(run, api, process, subject, requests)
            except Broken as broken:
                raise Broken(f"{subject.name}: {broken}\n{api.error.decode()}\n{_text(output)[-_TAIL:]}") from None
            finally:
                api.close()
            run.output = _text(output)
        return run


def _serve(run: Run, api: RuntimeApi, process: subprocess.Popen[bytes], subject: Subject, requests: int) -> None:
    def alive() -> bool:
        return process.poll() is None

    api.wait_until_idle(alive)
    run.snapshots.append(_snapshot(process.pid, subject.cloud))
    for _ in range(requests):
        seconds, response = api.invoke(subject.event, alive)
        if not subject.request.accepts(json.loads(response)):
            raise Broken(f"status {subject.request.status} was expected of {response.decode()}")
        run.seconds.append(seconds)
        run.snapshots.append(_snapshot(process.pid, subject.cloud))
    run.peak_kib = _peak_kib(process.pid)


@contextmanager
def _process(
    command: Sequence[str], subject: Subject, environment: dict[str, str], output: IO[bytes]
) -> Iterator[subprocess.Popen[bytes]]:
    with tempfile.TemporaryDirectory() as home:
        process = subprocess.Popen(  # noqa: S603 -- this interpreter
            command,
            cwd=subject.task,
            env=environment | {"HOME": home},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)  # a wrapping instrument may not forward it
            process.wait(timeout=60)


def _environment(subject: Subject, runtime_api: str, cloud: str) -> dict[str, str]:
    """Return only the variables that Lambda sets."""
    return subject.environment | {
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://{cloud}",
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(subject.memory_mib),
        "AWS_LAMBDA_FUNCTION_NAME": subject.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{subject.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": "2026/11/21/[$LATEST]0123456789abcdef0123456789abcdef",
        "AWS_LAMBDA_RUNTIME_API": runtime_api,
        "AWS_REGION": "us-east-1",
        "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "AWS_SESSION_TOKEN": "x" * 400,
        "LAMBDA_TASK_ROOT": str(subject.task),
        "LANG": "en_US.UTF-8",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE": "1",  # /opt and /var/task are read-only
        "PYTHONHASHSEED": "0",  # for comparable instruction counts
        "PYTHONPATH": f"{subject.task}:{subject.opt}",
        "TZ": ":UTC",
        "_HANDLER": subject.handler,
    }


def _snapshot(pid: int, cloud: ReplayingCloud) -> Snapshot:
    return Snapshot(wall=time.perf_counter(), cpu=_cpu_seconds(pid), calls=dict(cloud.calls))


def _cpu_seconds(pid: int) -> float:
    """Return the CPU time of all threads in nanosecond resolution: the clock of clock_getcpuclockid(3) on Linux."""
    return time.clock_gettime((~pid << 3) | 2)


def _peak_kib(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


def _text(output: IO[bytes]) -> str:
    output.seek(0)
    return output.read().decode(errors="replace")
