"""Runs a function as Lambda does: in a process of its own with only its deployed files, which asks for its events."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from subprocess import STDOUT, Popen
from tempfile import TemporaryFile
from typing import NamedTuple
from uuid import uuid4

from gatehouse_dev.model import Function
from tests.performance.requests import BenchRequest, Broken
from tests.support.scripted_service import Behaviour, Request, ScriptedService, http_message

type Responder = Callable[[Request], bytes]

_TIMEOUT = 300  # seconds; instrumented processes are slow


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A measured function: `command` starts it with the packages in `opt`, and `cloud` makes the AWS of one request."""

    function: Function
    command: tuple[str, ...]
    opt: Path
    event: bytes
    request: BenchRequest
    cloud: Callable[[], Responder]
    certificate: Path | None = None  # of AWS, which has TLS then


class Usage(NamedTuple):
    """The DynamoDB calls of the start or of one request; the process's CPU time and peak memory until its end."""

    calls: int
    cpu_milliseconds: float
    peak_mib: float


def run(subject: Subject, requests: int, *tool: str) -> list[Usage]:
    """Start, send so many requests, and stop; Broken if a response is unexpected. `tool` wraps the command."""
    api, calls, respond = RuntimeApi(), 0, subject.cloud()

    def aws(request: Request) -> bytes:
        nonlocal calls
        calls += request.headers.get("x-amz-target", "").startswith("DynamoDB_")
        return respond(request)

    with ScriptedService() as runtime, ScriptedService(subject.certificate) as cloud, TemporaryFile() as output:
        runtime.behaviours, cloud.behaviours = [sending(api)], [sending(aws)]
        process = Popen(  # noqa: S603 -- our own
            [*tool, *subject.command, subject.function.handler],
            cwd=subject.function.folder,
            env=lambda_environment(subject, runtime.url, cloud.url),
            stdout=output,
            stderr=STDOUT,
            start_new_session=True,
        )
        try:
            api.wait_for("next", process)
            used = [process_usage(process.pid, calls)]
            for _ in range(requests):
                calls, respond = 0, subject.cloud()
                api.events.put(subject.event)
                subject.request.check(api.wait_for("response", process))
                api.wait_for("next", process)
                used.append(process_usage(process.pid, calls))
        except Broken as broken:
            output.seek(0)
            printed = output.read().decode(errors="replace")
            raise Broken(f"{subject.function.name}: {broken}\n{printed[-3000:]}") from None
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)  # a wrapping tool may not forward it
            process.wait(timeout=60)
            api.events.put(b"")  # ends the thread that waits for one
    return used


class RuntimeApi:
    """Lambda's Runtime API for one process, which takes `events` from it."""

    def __init__(self) -> None:
        self.events, self._received = Queue[bytes](), Queue[tuple[str, bytes]]()

    def __call__(self, request: Request) -> bytes:
        """Respond to the process: its paths end with `next`, `response` or `error`."""
        kind = request.start.split()[1].rpartition("/")[2]
        self._received.put((kind, request.body))
        if kind != "next":
            return http_message(202, {}, b"{}")
        headers = {
            "content-type": "application/json",
            "lambda-runtime-aws-request-id": str(uuid4()),
            "lambda-runtime-deadline-ms": str(round((time.time() + _TIMEOUT) * 1000)),
            "lambda-runtime-invoked-function-arn": "arn:aws:lambda:us-east-1:123456789012:function:measured",
            "lambda-runtime-trace-id": "Root=1-6b01259e-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled=0",
        }
        return http_message(200, headers, self.events.get())

    def wait_for(self, kind: str, process: Popen[bytes]) -> bytes:
        """Return the body of the process's next request, which must be of this kind; else Broken."""
        deadline = time.monotonic() + _TIMEOUT
        while process.poll() is None and time.monotonic() < deadline:
            with suppress(Empty):
                received, body = self._received.get(timeout=0.05)
                if received == kind:
                    return body
                raise Broken(f"it sent {received} instead of {kind}: {body.decode()}")
        raise Broken(f"it ended before it sent {kind}, or took too long")


def sending(respond: Responder) -> Behaviour:
    return lambda connection, request: connection.sendall(respond(request))


def lambda_environment(subject: Subject, runtime_api: str, cloud: str) -> dict[str, str]:
    """Return only the variables that Lambda sets, and the certificate of its AWS."""
    function = subject.function
    given = function.environment | ({"AWS_CA_BUNDLE": str(subject.certificate)} if subject.certificate else {})
    return given | {
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": cloud,
        "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": "2026/11/21/[$LATEST]0123456789abcdef0123456789abcdef",
        "AWS_LAMBDA_RUNTIME_API": runtime_api.removeprefix("http://"),
        "AWS_REGION": "us-east-1",
        "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "AWS_SESSION_TOKEN": "x" * 400,
        "HOME": "/home/sbx_user1051",
        "LAMBDA_TASK_ROOT": str(function.folder),
        "LANG": "en_US.UTF-8",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE": "1",  # /opt and /var/task are read-only
        "PYTHONHASHSEED": "0",  # for comparable instruction counts
        "PYTHONPATH": f"{function.folder}:{subject.opt}",
        "TZ": ":UTC",
        "_HANDLER": function.handler,
    }


def process_usage(pid: int, calls: int) -> Usage:
    cpu_clock = (~pid << 3) | 2  # as clock_getcpuclockid(3) makes it on Linux: of all threads, in nanoseconds
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    peak = int(status.partition("VmHWM:")[2].split()[0])
    return Usage(calls, 1000 * time.clock_gettime(cpu_clock), peak / 1024)
