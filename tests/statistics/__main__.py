# ruff: noqa: T201 -- a command-line report
"""Tests whether response times reveal who has an account: `python -m tests.statistics [ROUNDS]`.

It sends pairs of requests that must get the same response to the real handlers, on the local cloud, with Argon2 at
its real cost. The order within a pair is random, so that load on the machine affects both alike.

The exit code is 1 if the medians of any pair differ by more than a tenth.
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

from gatehouse_dev.cloud import Cloud
from gatehouse_dev.template import load
from tests.conftest import PARAMETERS, ROOT
from tests.support.calls import Api, Response
from tests.support.people import PASSWORD, People
from tests.support.transport import patched_transports

ROUNDS, WARM_UP = 200, 5
MAX_DIFFERENCE = 10  # per cent

type Send = Callable[[], Response]
type Times = dict[str, list[float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two requests that must be indistinguishable, and their times in milliseconds."""

    name: str
    requests: dict[str, Send]
    times: Times = field(default_factory=dict)

    def measure(self) -> None:
        """Send both once, in random order; AssertionError if the statuses differ."""
        names = list(self.requests)
        if secrets.randbelow(2):
            names.reverse()
        assert len({self._timed(name) for name in names}) == 1, self.name

    def _timed(self, name: str) -> int:
        started = time.perf_counter()
        response = self.requests[name]()
        self.times.setdefault(name, []).append(1000 * (time.perf_counter() - started))
        return response.status

    @property
    def difference(self) -> float:
        """The difference of the medians in per cent of the smaller one."""
        low, high = sorted(map(median, self.times.values()))
        return 100 * (high - low) / low


def pairs(call: Api, people: People) -> Iterator[Pair]:
    """Return the requests that name an address, each for an unknown and for a known address."""
    ann = people.signed_in("ann")
    taken = people.verified("bob")

    def send(path: str, email: Callable[[], str], key: str = "email", **more: str) -> Send:
        bearer = ann.token if key == "newEmail" else None
        return lambda: call(f"POST /api/auth/{path}", json={key: email(), **more}, bearer=bearer)

    def unknown() -> str:
        return f"unknown-{secrets.token_hex(8)}@example.com"

    def known() -> str:
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
            requests={"unknown": send(path, unknown, key, **more), "known": send(path, known, key, **more)},
        )


def main(rounds: int) -> int:
    """Measure, report, and return 1 if a pair is distinguishable."""
    with Cloud(load(ROOT / "template.yaml", PARAMETERS)) as cloud, patched_transports(), silence():
        call = Api(cloud.template)
        all_pairs = list(pairs(call, People(call)))
        for number in range(WARM_UP + rounds):
            if number == WARM_UP:
                discard_warm_up(all_pairs)
            for pair in all_pairs:
                pair.measure()
    report(all_pairs, rounds)
    return 1 if any(pair.difference > MAX_DIFFERENCE for pair in all_pairs) else 0


@contextmanager
def silence() -> Iterator[None]:
    """Suppress log lines, which would hide the report and take time."""
    logging.disable(logging.CRITICAL)
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
        yield


def discard_warm_up(all_pairs: list[Pair]) -> None:
    """Discard the times of the warm-up, in which modules and caches were loaded."""
    for pair in all_pairs:
        pair.times.clear()
    gc.collect()
    gc.freeze()


def report(all_pairs: list[Pair], rounds: int) -> None:
    """Print the medians."""
    print(f"{rounds} rounds, medians in ms, which may differ by {MAX_DIFFERENCE} %")
    print(f"{'':25}  known  unknown  differ")
    for pair in all_pairs:
        known, unknown = (median(pair.times[name]) for name in ("known", "unknown"))
        print(f"{pair.name:25}{known:7.2f} {unknown:8.2f} {pair.difference:6.1f} %")


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else ROUNDS))
