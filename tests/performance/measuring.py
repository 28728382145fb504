"""Measures a function: instructions, DynamoDB calls and memory.

valgrind counts instructions, which repeat to a thousandth on any machine under any load. It dumps its counts whenever
the process requests the next event, so one run separates the start and each request. It does not count while a
password is hashed; otherwise SignIn would exceed its limit many times over.
"""

import re
import shutil
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tests.performance.lambda_process import Subject, run
from tests.performance.requests import BenchRequest, Broken

LATER = 10  # requests after the first
_TOTAL = re.compile(r"^totals: (\d+)", re.MULTILINE)
_COUNTING = (  # in this order
    "--dump-before=method_next*",  # in the native part of the runtime interface client
    "--toggle-collect=argon2_ctx",
    "--collect-atstart=yes",
)


class Figures(NamedTuple):
    """Instructions from the start to the first response, of the first and of a later request; its DynamoDB calls."""

    name: str
    request: BenchRequest
    cold: int
    first: int
    later: float
    calls: int
    peak_mib: float


def measure(subject: Subject) -> Figures:
    """Run a subject twice: alone, and under valgrind."""
    if not shutil.which("valgrind"):
        raise Broken("valgrind is not installed, so nothing can be counted")
    alone = run(subject, 2)[-1]
    with TemporaryDirectory() as folder:
        out = Path(folder, "out")
        run(subject, 1 + LATER, "valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={out}", *_COUNTING)
        start, first, *later = [_total(Path(f"{out}.{number}")) for number in range(1, LATER + 3)]
    return Figures(
        subject.function.name, subject.request, start + first, first, mean(later), alone.calls, alone.peak_mib
    )


def _total(part: Path) -> int:
    if not part.exists():
        raise Broken("callgrind wrote no part: has the runtime interface client another way to request events now?")
    (total,) = _TOTAL.findall(part.read_text(encoding="utf-8", errors="replace"))
    return int(total)
