"""The service with cheap hashing and a clock that tests can advance: `python -m tests.support.fast_service CLOUD_PORT`.

An empty CLOUD_PORT serves no AWS. The file named by `TESTS_CLOCK` contains the seconds by which the clock is ahead.
`TESTS_FAULTS` is the share of calls of DynamoDB that fail, and `TESTS_TEMPLATE` the template that is served.
"""

import os
import sys
from datetime import timedelta
from pathlib import Path

import argon2

from gatehouse_dev.serving import Options, serve
from tests.load.faults import faulty_dynamodb


class CheapHasher(argon2.PasswordHasher):
    """Uses argon2's cheapest profile, whatever the arguments."""

    def __init__(self, **_: int) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)


def _offset_clock(layer: Path, file: Path) -> None:
    """Advance the layer's clock by the seconds in the file."""
    sys.path.insert(0, str(layer))
    from gatehouse import clock  # noqa: PLC0415 -- only now on the path

    now, monotonic = clock.now, clock.monotonic

    def offset() -> float:
        return float(file.read_text(encoding="ascii"))

    clock.now = lambda: now() + timedelta(seconds=offset())
    clock.monotonic = lambda: monotonic() + offset()


if __name__ == "__main__":
    argon2.PasswordHasher = CheapHasher  # type: ignore[assignment,misc]
    template = Path(os.environ["TESTS_TEMPLATE"])
    _offset_clock(template.parent / "layers" / "common", Path(os.environ["TESTS_CLOCK"]))
    with faulty_dynamodb(float(os.environ["TESTS_FAULTS"])):
        sys.exit(serve(Options(template=template, port=0, cloud_port=int(sys.argv[1]) if sys.argv[1] else None)))
