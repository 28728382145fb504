"""The console of the running service: a line for each request, instead of the JSON that its functions print.

Functions print logs and metrics as in Lambda. `FunctionOutput`, in the place of standard output, keeps the outcome of a
request for its line, prints other events as text, and drops metrics.
"""

import io
import json
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TextIO

from gatehouse_dev import console

ROUTE_WIDTH = 40
ID_LENGTH = 8
OK = "OK"
NOT_SHOWN = {
    *("level", "message", "timestamp", "service", "correlation_id", "ip", "route", "outcome", "status"),
    *("cold_start", "function_name", "function_memory_size", "function_arn", "function_request_id"),
    *("exception", "exception_name", "stack_trace", "xray_trace_id"),
}

_thread = threading.local()

type Event = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A request and its response; `event` is what the function logged as their outcome."""

    what: str
    status: int
    seconds: float
    event: Event = field(default_factory=dict)


type Log = Callable[[Entry], None]


def print_line(entry: Entry) -> None:
    """Print time, status, route, duration, the user's id, and the code of a refusal."""
    status = console.coloured(str(entry.status), _colour(entry.status), sys.stdout)
    user, code = str(entry.event.get("user_id", "-"))[:ID_LENGTH], entry.event.get("outcome", OK)
    line = f"{_now()} {status} {entry.what:{ROUTE_WIDTH}} {round(entry.seconds * 1000):5} ms  {user:{ID_LENGTH}}"
    console.say(f"{line}  {code}" if code != OK else line.rstrip())


def print_json(entry: Entry) -> None:
    """Print an access log line; the function has printed its own."""
    milliseconds = round(entry.seconds * 1000)
    console.say(json.dumps({"request": entry.what, "status": entry.status, "latency": milliseconds}))


def collect_outcome(event: Event) -> None:
    """Collect the outcome of the request that is handled in this thread, which is its own."""
    _thread.event = event


class FunctionOutput(io.TextIOBase):
    """A text stream that passes on every line except functions' logs and metrics."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._parts = threading.local()

    def write(self, text: str) -> int:
        """Write the lines that are complete; a thread's lines are kept together."""
        lines = (getattr(self._parts, "rest", "") + text).split("\n")
        self._parts.rest = lines.pop()
        for line in lines:
            if (event := _parsed(line)) is None:
                self._stream.write(f"{line}\n")
            elif "_aws" not in event:
                self._take(event)
        return len(text)

    def flush(self) -> None:
        """Flush the stream."""
        self._stream.flush()

    def isatty(self) -> bool:
        """Whether the stream is a terminal."""
        return self._stream.isatty()

    def _take(self, event: Event) -> None:
        outcome: Event | None = getattr(_thread, "event", None)
        if outcome is not None and "outcome" in event:
            outcome.update(event)
        elif "exception" in event:
            console.report_error(_text(event.get("route"), event), event["exception"])
        else:
            self._stream.write(f"{_now()} {_text(_level(event['level'], self._stream), event)}\n")
            self._stream.flush()


def _parsed(line: str) -> Event | None:
    """Return a log line or a metric of a function, or None."""
    if not line.startswith("{"):
        return None
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) and ("_aws" in event or {"level", "message"} <= event.keys()) else None


def _level(level: str, stream: TextIO) -> str:
    colour = console.YELLOW if level == "WARNING" else console.RED
    return "···" if level in {"INFO", "DEBUG"} else console.coloured(level, colour, stream)


def _text(begin: str | None, event: Event) -> str:
    facts = (f"{name}={value}" for name, value in event.items() if name not in NOT_SHOWN)
    parts = (str(event["message"]), event.get("outcome"), *facts)
    return " ".join(filter(None, (begin, console.printable(" ".join(filter(None, parts))))))


def _colour(status: int) -> int:
    by_class = {2: console.GREEN, 3: console.CYAN, 4: console.YELLOW}
    return by_class.get(status // 100, console.RED)


def _now() -> str:
    return time.strftime("%H:%M:%S")
