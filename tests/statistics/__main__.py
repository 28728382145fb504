# ruff: noqa: T201 -- it reports to a person
"""Whether the time of an answer tells who has an account: `python -m tests.statistics [ROUNDS]`.

Pairs of requests that must be answered alike go through the real handlers, on the embedded cloud, with Argon2 at its
real cost. They take turns, in an order that chance decides, so that whatever slows the machine down slows both.

Exit code 1 when the medians of any pair are more than a tenth apart.
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
MOST = 10  # per cent

type Ask = Callable[[], Response]
type Times = dict[str, list[float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two requests that nobody may tell apart, and how long each took, in milliseconds."""

    name: str
    asks: dict[str, Ask]
    times: Times = field(default_factory=dict)

    def measure(self) -> None:
        """Ask both once, in either order; AssertionError when the statuses differ."""
        names = list(self.asks)
        if secrets.randbelow(2):
            names.reverse()
        assert len({self._timed(name) for name in names}) == 1, self.name

    def _timed(self, name: str) -> int:
        begun = time.perf_counter()
        response = self.asks[name]()
        self.times.setdefault(name, []).append(1000 * (time.perf_counter() - begun))
        return response.status

    @property
    def apart(self) -> float:
        """How far the medians are apart, in per cent of the smaller one."""
        low, high = sorted(map(median, self.times.values()))
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
    with Cloud(load(ROOT / "template.yaml", PARAMETERS)) as cloud, patched_transports(), silence():
        call = Api(cloud.template)
        every = list(pairs(call, People(call)))
        for number in range(WARM_UP + rounds):
            if number == WARM_UP:
                forget(every)
            for pair in every:
                pair.measure()
    report(every, rounds)
    return 1 if any(pair.apart > MOST for pair in every) else 0


@contextmanager
def silence() -> Iterator[None]:
    """No log lines, which would be most of what is seen and some of what is measured."""
    logging.disable(logging.CRITICAL)
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
        yield


def forget(every: list[Pair]) -> None:
    """Begin anew: what was imported and filled is there now."""
    for pair in every:
        pair.times.clear()
    gc.collect()
    gc.freeze()


def report(every: list[Pair], rounds: int) -> None:
    """The medians, for a person."""
    print(f"{rounds} rounds, medians in ms, which may be {MOST} % apart")
    print(f"{'':25}  known  unknown   apart")
    for pair in every:
        known, unknown = (median(pair.times[name]) for name in ("known", "unknown"))
        print(f"{pair.name:25}{known:7.2f} {unknown:8.2f} {pair.apart:6.1f} %")


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else ROUNDS))
