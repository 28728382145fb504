"""How long an invocation would run: its own CPU time, which is measured, and what it waits for, which is counted.

Only this thread's time counts, and of it neither what the embedded AWS takes nor what Argon2 does: the one runs
elsewhere in earnest, the other goes by a figure that does not depend on this machine.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from math import ceil
from typing import Any
from unittest.mock import patch

from argon2 import PasswordHasher
from moto.core.botocore_stubber import BotocoreStubber

from gatehouse.transport.connections import ConnectionPool
from tests.costs.prices import AWS_MS, DYNAMODB_MS, EVEN_MS, HASH_MS, MAIL_MS, PROVIDER_MS, STEPS_MS, VCPU_MB
from tests.support.provider import Provider
from tests.support.transport import http_path

_WAITS = {"dynamodb": DYNAMODB_MS, "email": MAIL_MS, "sesv2": MAIL_MS, "provider": PROVIDER_MS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One invocation: milliseconds of CPU, and what it waited for: hashes, requests by service, and sleep."""

    cpu: float
    hashes: int
    asked: Counter[str]
    slept: float

    @property
    def waits(self) -> float:
        """Milliseconds that no CPU makes shorter."""
        return self.slept + sum(_WAITS.get(service, AWS_MS) * times for service, times in self.asked.items())


def billed(runs: list[Run], memory: int, *, constant_time: bool = False) -> int:
    """Milliseconds of an invocation that was run so often, with so many MB of memory; coarsely, and rather too many."""
    share = min(1, memory / VCPU_MB)
    least = min((run.cpu + run.hashes * HASH_MS) / share + run.waits for run in runs)  # others only add to it
    step = next(step for most, step in STEPS_MS if least <= most)
    coarse = ceil(least / step) * step
    return ceil(coarse / EVEN_MS) * EVEN_MS if constant_time else coarse


class InvocationTimer:
    """Looks at one invocation after the other."""

    def __init__(self, provider: Provider) -> None:
        """The provider tells how often it was asked."""
        self._provider = provider
        self._aside = 0.0
        self._hashes, self._asked, self._slept = 0, Counter[str](), 0.0

    def run(self, invoke: Callable[[], Any]) -> Run:
        """Watch one."""
        self._aside, self._hashes, self._asked, self._slept = 0.0, 0, Counter(), 0.0
        provider = len(self._provider.received)
        with self._looking():
            begun = time.thread_time()
            invoke()
            cpu = 1000 * (time.thread_time() - begun - self._aside)
        self._asked["provider"] = len(self._provider.received) - provider
        return Run(cpu=cpu, hashes=self._hashes, asked=self._asked, slept=self._slept)

    @contextmanager
    def _looking(self) -> Iterator[None]:
        with ExitStack() as stack:
            stack.enter_context(
                patch.object(ConnectionPool, "request", http_path)
            )  # the short one does not lead through the stubber
            stack.enter_context(patch.object(BotocoreStubber, "__call__", self._answered(BotocoreStubber.__call__)))
            for name in ("hash", "verify"):
                stack.enter_context(patch.object(PasswordHasher, name, self._hashed(getattr(PasswordHasher, name))))
            stack.enter_context(patch.object(time, "sleep", self._sleep))
            yield

    def _answered(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def stub(stubber: Any, event_name: str, *request: Any, **named: Any) -> Any:  # moto's own signature
            self._asked[event_name.split(".")[1]] += 1
            with self._left_out():
                return real(stubber, event_name, *request, **named)

        return stub

    def _hashed(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def hashed(*given: Any) -> Any:
            self._hashes += 1
            with self._left_out():
                return real(*given)

        return hashed

    def _sleep(self, seconds: float) -> None:
        """Lambda bills it, but nobody here need wait."""
        self._slept += 1000 * seconds

    @contextmanager
    def _left_out(self) -> Iterator[None]:
        begun = time.thread_time()
        try:
            yield
        finally:
            self._aside += time.thread_time() - begun
