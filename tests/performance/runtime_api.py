"""Lambda's Runtime API for one process: it requests events, and posts responses."""

import time
from collections.abc import Callable
from queue import Empty, Queue
from uuid import uuid4

from tests.performance.serving import Request, Response

VERSION = "/2018-06-01/runtime/"
_ARN = "arn:aws:lambda:us-east-1:123456789012:function:measured"
_TIMEOUT = 300  # seconds; instrumented processes are slow
_POLL = 0.05  # seconds between checks whether the process is alive

type Timed = tuple[float, bytes]


class Broken(Exception):
    """The process ended, failed, or does not respond."""


class RuntimeApi:
    """The server of the process; `error` is the latest that the process reported."""

    def __init__(self) -> None:
        self.error = b""
        self._next_requests = Queue[None]()
        self._events = Queue[bytes]()
        self._responses = Queue[Timed]()

    def __call__(self, request: Request) -> Response:
        """Respond to the process."""
        match request.path.removeprefix(VERSION).split("/"):
            case ["invocation", "next"]:
                self._next_requests.put(None)
                return _invocation(self._events.get())
            case ["invocation", _, "response"]:
                self._responses.put((time.perf_counter(), request.body))
            case [*_, "error"]:
                self.error = request.body
            case _:
                return Response(status=404)
        return Response(status=202, body=b"{}")

    def wait_until_idle(self, alive: Callable[[], bool]) -> None:
        """Wait until the process requests the next event."""
        deadline = time.monotonic() + _TIMEOUT
        while time.monotonic() < deadline:
            try:
                return self._next_requests.get(timeout=_POLL)
            except Empty:
                if not alive():
                    raise Broken("it ended before it requested an event") from None
        raise Broken(f"it did nothing for {_TIMEOUT} seconds")

    def invoke(self, event: bytes, alive: Callable[[], bool]) -> tuple[float, bytes]:
        """Send an event, and return the seconds until the response, and the response. The process is idle again."""
        started = time.perf_counter()
        self._events.put(event)
        self.wait_until_idle(alive)
        if self._responses.empty():
            raise Broken("it sent no response")
        received, body = self._responses.get()
        return received - started, body

    def close(self) -> None:
        """End a pending request for an event."""
        self._events.put(b"")


def _invocation(event: bytes) -> Response:
    headers = {
        "content-type": "application/json",
        "lambda-runtime-aws-request-id": str(uuid4()),
        "lambda-runtime-deadline-ms": str(round((time.time() + _TIMEOUT) * 1000)),
        "lambda-runtime-invoked-function-arn": _ARN,
        "lambda-runtime-trace-id": "Root=1-6b01259e-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled=0",
    }
    return Response(headers=headers, body=event)
