"""Estimates the duration of an invocation: its CPU time is measured, its waits are counted.

Only CPU time of this thread counts, without that of the local AWS, which is another machine in production, and of
Argon2, for which a constant is used.
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
from tests.costs.prices import AWS_MS, CONSTANT_TIME_MS, DYNAMODB_MS, HASH_MS, MAIL_MS, PROVIDER_MS, STEPS_MS, VCPU_MB
from tests.support.provider import Provider
from tests.support.transport import http_path

_WAITS = {"dynamodb": DYNAMODB_MS, "email": MAIL_MS, "sesv2": MAIL_MS, "provider": PROVIDER_MS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One invocation: milliseconds of CPU, hashes, requests by service, and milliseconds of sleep."""

    cpu: float
    hashes: int
    requests: Counter[str]
    slept: float

    @property
    def waits(self) -> float:
        """The waits in milliseconds, which do not depend on the CPU."""
        return self.slept + sum(_WAITS.get(service, AWS_MS) * times for service, times in self.requests.items())


def billed(runs: list[Run], memory: int, *, constant_time: bool = False) -> int:
    """Return the billed milliseconds of an invocation with this memory in MB, rounded up."""
    share = min(1, memory / VCPU_MB)
    least = min(
        (run.cpu + run.hashes * HASH_MS) / share + run.waits for run in runs
    )  # other processes only slow it down
    step = next(step for most, step in STEPS_MS if least <= most)
    rounded = ceil(least / step) * step
    return ceil(rounded / CONSTANT_TIME_MS) * CONSTANT_TIME_MS if constant_time else rounded


class InvocationTimer:
    """Times invocations, one at a time."""

    def __init__(self, provider: Provider) -> None:
        """`provider` counts its requests."""
        self._provider = provider
        self._excluded = 0.0
        self._hashes, self._requests, self._slept = 0, Counter[str](), 0.0

    def run(self, invoke: Callable[[], Any]) -> Run:
        """Time one invocation."""
        self._excluded, self._hashes, self._requests, self._slept = 0.0, 0, Counter(), 0.0
        provider = len(self._provider.received)
        with self._instrumented():
            started = time.thread_time()
            invoke()
            cpu = 1000 * (time.thread_time() - started - self._excluded)
        self._requests["provider"] = len(self._provider.received) - provider
        return Run(cpu=cpu, hashes=self._hashes, requests=self._requests, slept=self._slept)

    @contextmanager
    def _instrumented(self) -> Iterator[None]:
        with ExitStack() as stack:
            stack.enter_context(
                patch.object(ConnectionPool, "request", http_path)
            )  # the direct path bypasses the stubber
            stack.enter_context(
                patch.object(BotocoreStubber, "__call__", self._counting_requests(BotocoreStubber.__call__))
            )
            for name in ("hash", "verify"):
                stack.enter_context(
                    patch.object(PasswordHasher, name, self._counting_hashes(getattr(PasswordHasher, name)))
                )
            stack.enter_context(patch.object(time, "sleep", self._sleep))
            yield

    def _counting_requests(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def stub(stubber: Any, event_name: str, *request: Any, **named: Any) -> Any:  # moto's own signature
            self._requests[event_name.split(".")[1]] += 1
            with self._not_timed():
                return real(stubber, event_name, *request, **named)

        return stub

    def _counting_hashes(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def hashed(*arguments: Any, **named: Any) -> Any:
            self._hashes += 1
            with self._not_timed():
                return real(*arguments, **named)

        return hashed

    def _sleep(self, seconds: float) -> None:
        """Record the pause without waiting; Lambda bills it."""
        self._slept += 1000 * seconds

    @contextmanager
    def _not_timed(self) -> Iterator[None]:
        started = time.thread_time()
        try:
            yield
        finally:
            self._excluded += time.thread_time() - started
