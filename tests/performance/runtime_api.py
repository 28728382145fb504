"""Lambda's Runtime API for one process: it is handed events when it asks for the next, and gives answers back."""

import time
from collections.abc import Callable
from queue import Empty, Queue
from uuid import uuid4

from tests.performance.serving import Request, Response

VERSION = "/2018-06-01/runtime/"
_ARN = "arn:aws:lambda:us-east-1:123456789012:function:measured"
_PATIENCE = 300  # seconds, for the process and for us; instruments make it slow
_LOOK = 0.05  # seconds between two looks whether the process is still there

type Timed = tuple[float, bytes]


class Broken(Exception):
    """The process ended, failed, or does not go on."""


class RuntimeApi:
    """What the process is told and what it says; `error` is the latest that it reported."""

    def __init__(self) -> None:
        self.error = b""
        self._asked = Queue[None]()
        self._events = Queue[bytes]()
        self._answers = Queue[Timed]()

    def __call__(self, request: Request) -> Response:
        """Answer the process."""
        match request.path.removeprefix(VERSION).split("/"):
            case ["invocation", "next"]:
                self._asked.put(None)
                return _invocation(self._events.get())
            case ["invocation", _, "response"]:
                self._answers.put((time.perf_counter(), request.body))
            case [*_, "error"]:
                self.error = request.body
            case _:
                return Response(status=404)
        return Response(status=202, body=b"{}")

    def wait_until_asked(self, alive: Callable[[], bool]) -> None:
        """Return when the process has nothing to do."""
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            try:
                return self._asked.get(timeout=_LOOK)
            except Empty:
                if not alive():
                    raise Broken("it ended before it asked for an event") from None
        raise Broken(f"it did nothing for {_PATIENCE} seconds")

    def hand_out(self, event: bytes, alive: Callable[[], bool]) -> tuple[float, bytes]:
        """Seconds until the answer to an event, and the answer; afterwards the process waits again."""
        begun = time.perf_counter()
        self._events.put(event)
        self.wait_until_asked(alive)
        if self._answers.empty():
            raise Broken("it gave no answer")
        answered, body = self._answers.get()
        return answered - begun, body

    def close(self) -> None:
        """Let go of whoever still waits for an event."""
        self._events.put(b"")


def _invocation(event: bytes) -> Response:
    headers = {
        "content-type": "application/json",
        "lambda-runtime-aws-request-id": str(uuid4()),
        "lambda-runtime-deadline-ms": str(round((time.time() + _PATIENCE) * 1000)),
        "lambda-runtime-invoked-function-arn": _ARN,
        "lambda-runtime-trace-id": "Root=1-6b01259e-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled=0",
    }
    return Response(headers=headers, body=event)
