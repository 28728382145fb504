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
from functools import partial
from pathlib import Path
from statistics import median

from gatehouse_dev.cloud import Cloud
from gatehouse_dev.template import load
from tests.conftest import PARAMETERS, ROOT
from tests.support.calls import Api, Response
from tests.support.layer import layer
from tests.support.people import PASSWORD, People
from tests.support.transport import patched_transports

ROUNDS, WARM_UP = 200, 5
MAX_DIFFERENCE = 10  # per cent
IMPORTED = {  # hashes as other systems make them now; nobody knows their passwords
    "bcrypt 12": "$2b$12$" + "O" * 53,
    "bcrypt 10": "$2b$10$" + "O" * 53,
    "scrypt": "0" * 32 + ":" + "0" * 128,
    "PBKDF2 600,000": "pbkdf2_sha256$600000$salt$AAAA",
    "PBKDF2 260,000": "pbkdf2_sha256$260000$salt$AAAA",
}

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


def imported(number: int, password_hash: str) -> str:
    """Somebody whose hash another system made, as the import stores it; the address."""
    people, table, passwords = (layer(f"accounts.{part}") for part in ("lookup", "table", "passwords"))
    user = people.new_user(f"imported-{number}@example.com")
    layer("accounts.imported_hashes").record(passwords.foreign_hash(password_hash))
    layer("dynamodb").transact(*table.create_profile(table.new_profile(user, passwords.wrap_hash(password_hash))))
    return str(user.email)


def pairs(call: Api, people: People) -> Iterator[Pair]:
    """Return the requests that name an address, each for an unknown and for a known address."""
    ann = people.signed_in("ann")
    taken = people.verified("bob")
    others = {name: imported(number, stored) for number, (name, stored) in enumerate(IMPORTED.items())}

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
    for name, email in others.items():
        path, wrong = "sign-in/email", {"password": "not the password"}
        known_hash = send(path, partial(str, email), **wrong)
        yield Pair(name=f"sign-in, {name}", requests={"unknown": send(path, unknown, **wrong), "known": known_hash})


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
