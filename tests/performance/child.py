"""A function in a process of its own, started as Lambda starts it, with nothing but what is deployed."""

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

from tests.performance.memory import Memory
from tests.performance.requests import BenchRequest
from tests.performance.runtime_api import Broken, RuntimeApi
from tests.performance.serving import serving

_LAST_WORDS = 3000  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is measured: `task` and `opt` are /var/task and /opt/python; `memory` answers for AWS."""

    name: str
    task: Path
    opt: Path
    handler: str
    memory_mib: int
    environment: dict[str, str]
    event: bytes
    ask: BenchRequest
    memory: Memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """The process has nothing to do: seconds on the clock, seconds of CPU so far, calls of AWS so far."""

    wall: float
    cpu: float
    calls: dict[str, int]


@dataclass(slots=True, kw_only=True)
class Run:
    """One life of the process: the moments between requests, seconds for each answer, its most memory in KiB."""

    begun: float
    moments: list[Moment] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    peak_kib: int = 0
    output: str = ""


class Starter:
    """Starts subjects with an interpreter that has Lambda's runtime interface client, and nothing else."""

    def __init__(self, python: Path) -> None:
        self._python = python

    def run(self, subject: Subject, requests: int, *, wrapper: Sequence[str] = (), flags: Sequence[str] = ()) -> Run:
        """Start, answer so many requests, and end; Broken when an answer is not as it must be."""
        api = RuntimeApi()
        subject.memory.calls.clear()
        command = [*wrapper, str(self._python), "-s", "-P", *flags, "-m", "awslambdaric", subject.handler]
        with serving(api) as ours, serving(subject.memory) as cloud, tempfile.TemporaryFile("w+b") as output:
            run = Run(begun=time.perf_counter())
            try:
                with _process(command, subject, _environment(subject, ours, cloud), output) as process:
                    _live(run, api, process, subject, requests)
            except Broken as broken:
                raise Broken(
                    f"{subject.name}: {broken}\n{api.error.decode()}\n{_text(output)[-_LAST_WORDS:]}"
                ) from None
            finally:
                api.close()
            run.output = _text(output)
        return run


def _live(run: Run, api: RuntimeApi, process: subprocess.Popen[bytes], subject: Subject, requests: int) -> None:
    def alive() -> bool:
        return process.poll() is None

    api.wait_until_asked(alive)
    run.moments.append(_moment(process.pid, subject.memory))
    for _ in range(requests):
        seconds, response = api.hand_out(subject.event, alive)
        if not subject.ask.is_answered_by(json.loads(response)):
            raise Broken(f"status {subject.ask.status} was expected of {response.decode()}")
        run.seconds.append(seconds)
        run.moments.append(_moment(process.pid, subject.memory))
    run.peak_kib = _peak_kib(process.pid)


@contextmanager
def _process(
    command: Sequence[str], subject: Subject, environment: dict[str, str], output: IO[bytes]
) -> Iterator[subprocess.Popen[bytes]]:
    with tempfile.TemporaryDirectory() as home:
        process = subprocess.Popen(  # noqa: S603 -- our own interpreter
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
                os.killpg(process.pid, signal.SIGTERM)  # an instrument that wraps it may not pass it on
            process.wait(timeout=60)


def _environment(subject: Subject, runtime_api: str, cloud: str) -> dict[str, str]:
    """What a function finds in Lambda, and nothing of ours."""
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
        "PYTHONHASHSEED": "0",  # so that instructions can be compared
        "PYTHONPATH": f"{subject.task}:{subject.opt}",
        "TZ": ":UTC",
        "_HANDLER": subject.handler,
    }


def _moment(pid: int, memory: Memory) -> Moment:
    return Moment(wall=time.perf_counter(), cpu=_cpu_seconds(pid), calls=dict(memory.calls))


def _cpu_seconds(pid: int) -> float:
    """Of all its threads, to the nanosecond: the clock that clock_getcpuclockid(3) would give on Linux."""
    return time.clock_gettime((~pid << 3) | 2)


def _peak_kib(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


def _text(output: IO[bytes]) -> str:
    output.seek(0)
    return output.read().decode(errors="replace")
