# ruff: noqa: T201 -- it reports to a person
"""Whether the time of an answer tells who has an account: `python -m tests.statistics [ROUNDS]`.

Pairs of requests that must be answered alike go through the real handlers, on the embedded cloud, with Argon2 at its
real cost. They take turns, in an order that chance decides, so that whatever slows the machine down slows both.

What is judged is the whole call, with the embedded engine's work replaced by DYNAMODB_MS for each call of it: it
finds and copies rows in this process, slower the more there are, which DynamoDB does elsewhere in about constant time.
The raw figures are printed, too, as is the service's own time alone, where per cents are largest. Exit code 1 when the
medians of any pair are more than a tenth apart.
"""

import gc
import logging
import os
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

from moto.core.botocore_stubber import BotocoreStubber

from gatehouse_dev.cloud import Cloud
from gatehouse_dev.template import load
from tests.conftest import PARAMETERS, ROOT
from tests.support.calls import Answer, Api
from tests.support.people import PASSWORD, People

ROUNDS, WARM_UP = 200, 5
MOST = 10  # per cent
DYNAMODB_MS = 3.0  # about the least that a call from a function takes

type Ask = Callable[[], Answer]
type Times = dict[str, list[float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two requests that nobody may tell apart, and how long each took, in milliseconds."""

    name: str
    asks: dict[str, Ask]
    judged: Times = field(default_factory=dict)
    own: Times = field(default_factory=dict)
    raw: Times = field(default_factory=dict)

    def measure(self) -> None:
        """Ask both once, in either order; AssertionError when the statuses differ."""
        names = list(self.asks)
        if secrets.randbelow(2):
            names.reverse()
        assert len({self._timed(name) for name in names}) == 1, self.name

    def _timed(self, name: str) -> int:
        ENGINE.ms, ENGINE.calls = 0.0, 0
        begun = time.perf_counter()
        answer = self.asks[name]()
        raw = 1000 * (time.perf_counter() - begun)
        own = raw - ENGINE.ms
        for times, value in ((self.raw, raw), (self.own, own), (self.judged, own + DYNAMODB_MS * ENGINE.calls)):
            times.setdefault(name, []).append(value)
        return answer.status


class Engine:
    """How often the embedded engine was asked in the latest request, and how long it worked."""

    calls = 0
    ms = 0.0

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Take the time of every call that it answers."""
        real = BotocoreStubber.__call__

        def timed(stubber: Any, *request: Any, **more: Any) -> Any:
            begun = time.perf_counter()
            try:
                return real(stubber, *request, **more)
            finally:
                self.ms += 1000 * (time.perf_counter() - begun)
                self.calls += 1

        with patch.object(BotocoreStubber, "__call__", timed):
            yield


ENGINE = Engine()


def apart(times: Times) -> float:
    """How far the medians are apart, in per cent of the smaller one."""
    low, high = sorted(map(median, times.values()))
    return 100 * (high - low) / low


def pairs(call: Api, people: People) -> Iterator[Pair]:
    """What strangers may ask about an address, once with nobody behind it and once with somebody."""
    ann = people.signed_in("ann")
    taken = people.verified("bob")

    def ask(path: str, email: Callable[[], str], key: str = "email", **more: str) -> Ask:
        bearer = ann.token if key == "newEmail" else None
        return lambda: call(f"POST /api/auth/{path}", json={key: email(), **more}, bearer=bearer)

    def nobody() -> str:
        return f"nobody-{secrets.token_hex(8)}@example.com"

    def somebody() -> str:
        return taken

    for path, key, more in (
        ("sign-in/email", "email", {"password": "not the password"}),
        ("sign-up/email", "email", {"password": PASSWORD, "name": "Eve"}),
        ("request-password-reset", "email", {}),
        ("send-verification-email", "email", {}),
        ("change-email", "newEmail", {}),
    ):
        yield Pair(
            name=path,
            asks={"unknown": ask(path, nobody, key, **more), "known": ask(path, somebody, key, **more)},
        )


def main(rounds: int) -> int:
    """Measure and say what was found; 1 when a pair can be told apart."""
    with Cloud(load(ROOT / "template.yaml", PARAMETERS)) as cloud, ENGINE.watched(), silence():
        call = Api(cloud.template)
        every = list(pairs(call, People(call)))
        for number in range(WARM_UP + rounds):
            if number == WARM_UP:
                forget(every)
            for pair in every:
                pair.measure()
    report(every, rounds)
    return 1 if any(apart(pair.judged) > MOST for pair in every) else 0


@contextmanager
def silence() -> Iterator[None]:
    """No log lines, which would be most of what is seen and some of what is measured."""
    logging.disable(logging.CRITICAL)
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
        yield


def forget(every: list[Pair]) -> None:
    """Begin anew: what was imported and filled is there now."""
    for pair in every:
        for times in (pair.judged, pair.own, pair.raw):
            times.clear()
    gc.collect()
    gc.freeze()


def report(every: list[Pair], rounds: int) -> None:
    """The medians, for a person."""
    print(f"{rounds} rounds, medians in ms; judged by the first group, which may be {MOST} % apart")
    print(f"{'':25}{'judged':^31}{'own time':^31}{'with the engine':^31}")
    print(f"{'':25}{'  known  unknown   apart       ' * 3}")
    for pair in every:
        print(f"{pair.name:25}{line(pair.judged)}{line(pair.own)}{line(pair.raw)}")


def line(times: Times) -> str:
    """Both medians and how far they are apart."""
    known, unknown = (median(times[name]) for name in ("known", "unknown"))
    return f"{known:7.2f} {unknown:8.2f} {apart(times):6.1f} %      "


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else ROUNDS))
