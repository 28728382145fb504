"""Runs a function as Lambda does: in a process of its own with only its deployed files, which asks for its events."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from tempfile import TemporaryDirectory, TemporaryFile
from typing import NamedTuple
from uuid import uuid4

from tests.performance.requests import BenchRequest, Broken
from tests.performance.serving import Request, Responder, Response, serving

RUNTIME_API = "/2018-06-01/runtime/"
_TIMEOUT = 300  # seconds; instrumented processes are slow
_TAIL = 3000  # characters

_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
    "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
    "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
    "AWS_LAMBDA_LOG_STREAM_NAME": "2026/11/21/[$LATEST]0123456789abcdef0123456789abcdef",
    "AWS_REGION": "us-east-1",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "AWS_SESSION_TOKEN": "x" * 400,
    "LANG": "en_US.UTF-8",
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "PYTHONDONTWRITEBYTECODE": "1",  # /opt and /var/task are read-only
    "PYTHONHASHSEED": "0",  # for comparable instruction counts
    "TZ": ":UTC",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A measured function: `task` and `opt` are /var/task and /opt/python; `cloud` makes the AWS of one request."""

    name: str
    command: tuple[str, ...]
    task: Path
    opt: Path
    handler: str
    memory_mib: int
    environment: dict[str, str]
    event: bytes
    request: BenchRequest
    cloud: Callable[[], Responder]


class Run(NamedTuple):
    """DynamoDB calls of the start and of each request; peak memory; all output."""

    calls: list[int]
    peak_mib: float
    output: str


def run(
    subject: Subject,
    requests: int,
    *,
    tool: Sequence[str] = (),
    on_idle: Callable[[int], None] = lambda _: None,
    **environment: str,
) -> Run:
    """Start, send so many requests, and stop; Broken if a response is unexpected.

    `tool` wraps the command. `on_idle` gets the process id after the start and after each request.
    """
    api, calls, respond = RuntimeApi(), [0], subject.cloud()

    def aws(request: Request) -> Response:
        calls[-1] += request.headers["x-amz-target"].startswith("DynamoDB_")
        return respond(request)

    with serving(api) as runtime, serving(aws) as cloud, TemporaryFile() as output, TemporaryDirectory() as home:
        process = subprocess.Popen(  # noqa: S603 -- our own
            [*tool, *subject.command, subject.handler],
            cwd=subject.task,
            env=_environment(subject, runtime, cloud) | {"HOME": home} | environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

        def text() -> str:
            output.seek(0)
            return output.read().decode(errors="replace")

        try:
            api.wait_until_idle(process.poll)
            on_idle(process.pid)
            for _ in range(requests):
                calls.append(0)
                respond = subject.cloud()
                subject.request.check(api.invoke(subject.event, process.poll))
                on_idle(process.pid)
            return Run(calls, _peak_mib(process.pid), text())
        except Broken as broken:
            raise Broken(f"{subject.name}: {broken}\n{api.error.decode()}\n{text()[-_TAIL:]}") from None
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)  # a wrapping tool may not forward it
            process.wait(timeout=60)
            api.events.put(b"")  # ends the thread that waits for one


class RuntimeApi:
    """Lambda's Runtime API for one process; `error` is the latest that it reported."""

    def __init__(self) -> None:
        self.error = b""
        self.events = Queue[bytes]()
        self._idle = Queue[None]()
        self._responses = Queue[bytes]()

    def __call__(self, request: Request) -> Response:
        """Respond to the process."""
        match request.path.removeprefix(RUNTIME_API).split("/"):
            case ["invocation", "next"]:
                self._idle.put(None)
                return _invocation(self.events.get())
            case ["invocation", _, "response"]:
                self._responses.put(request.body)
            case [*_, "error"]:
                self.error = request.body
            case _:
                return Response(status=404)
        return Response(b"{}", 202)

    def wait_until_idle(self, exit_code: Callable[[], int | None]) -> None:
        """Wait until the process requests the next event."""
        deadline = time.monotonic() + _TIMEOUT
        while exit_code() is None and time.monotonic() < deadline:
            with suppress(Empty):
                return self._idle.get(timeout=0.05)
        raise Broken("it ended before it requested an event, or took too long")

    def invoke(self, event: bytes, exit_code: Callable[[], int | None]) -> bytes:
        """Return the response to an event. The process is idle again."""
        self.events.put(event)
        self.wait_until_idle(exit_code)
        if self._responses.empty():
            raise Broken("it sent no response")
        return self._responses.get()


def _environment(subject: Subject, runtime_api: str, cloud: str) -> dict[str, str]:
    """Return only the variables that Lambda sets."""
    return (
        _ENVIRONMENT
        | subject.environment
        | {
            "AWS_ENDPOINT_URL": f"http://{cloud}",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(subject.memory_mib),
            "AWS_LAMBDA_FUNCTION_NAME": subject.name,
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{subject.name}",
            "AWS_LAMBDA_RUNTIME_API": runtime_api,
            "LAMBDA_TASK_ROOT": str(subject.task),
            "PYTHONPATH": f"{subject.task}:{subject.opt}",
            "_HANDLER": subject.handler,
        }
    )


def _invocation(event: bytes) -> Response:
    headers = {
        "content-type": "application/json",
        "lambda-runtime-aws-request-id": str(uuid4()),
        "lambda-runtime-deadline-ms": str(round((time.time() + _TIMEOUT) * 1000)),
        "lambda-runtime-invoked-function-arn": "arn:aws:lambda:us-east-1:123456789012:function:measured",
        "lambda-runtime-trace-id": "Root=1-6b01259e-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled=0",
    }
    return Response(event, headers=headers)


def _peak_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
