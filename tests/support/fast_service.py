"""The product for tests that are not about hashing or waiting: `python -m tests.support.fast_service`.

Argon2 has its cheapest profile, and the clock runs ahead by as many seconds as the file `TESTS_CLOCK` says.
"""

import os
import sys
from datetime import timedelta
from pathlib import Path

import argon2

from gatehouse_dev.__main__ import main
from tests.support.layout import LAYER


class CheapHasher(argon2.PasswordHasher):
    """Whatever it is told to cost."""

    def __init__(self, **_: int) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)


def _offset_clock(file: Path) -> None:
    """Move the clock of the layer, wherever it asks for the time."""
    sys.path.insert(0, str(LAYER))
    from gatehouse import clock  # noqa: PLC0415 -- only now on the path

    now, monotonic = clock.now, clock.monotonic

    def ahead() -> float:
        return float(file.read_text(encoding="ascii"))

    clock.now = lambda: now() + timedelta(seconds=ahead())
    clock.monotonic = lambda: monotonic() + ahead()


if __name__ == "__main__":
    argon2.PasswordHasher = CheapHasher  # type: ignore[assignment,misc]
    _offset_clock(Path(os.environ["TESTS_CLOCK"]))
    sys.exit(main([]))
