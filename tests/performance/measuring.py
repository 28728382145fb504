"""Measures a function: instructions, DynamoDB calls, memory and modules.

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
_NEXT_EVENT = "method_next*"  # in the native part of the runtime interface client
_HASHING = "argon2_ctx"
_IMPORTED = re.compile(r"^import time: +\d+ ", re.MULTILINE)
_TOTAL = re.compile(r"^totals: (\d+)", re.MULTILINE)


class Figures(NamedTuple):
    """Instructions of the start, the first and a later request; DynamoDB calls of a later request."""

    name: str
    request: BenchRequest
    init: int
    first: int
    later: float
    calls: int
    peak_mib: float
    modules: int

    @property
    def cold(self) -> int:
        """Instructions from the start to the first response."""
        return self.init + self.first


def measure(subject: Subject) -> Figures:
    """Run a subject twice: alone, and under valgrind."""
    alone = run(subject, 2, PYTHONPROFILEIMPORTTIME="1")
    init, first, *later = count_instructions(subject, 1 + LATER)
    return Figures(
        name=subject.name,
        request=subject.request,
        init=init,
        first=first,
        later=mean(later),
        calls=alone.calls[-1],
        peak_mib=alone.peak_mib,
        modules=len(_IMPORTED.findall(alone.output)),
    )


def count_instructions(subject: Subject, requests: int) -> list[int]:
    """Return the instructions of the start and of each request."""
    if not shutil.which("valgrind"):
        raise Broken("valgrind is not installed, so nothing can be counted")
    with TemporaryDirectory() as folder:
        out = Path(folder, "out")
        counting = (
            f"--dump-before={_NEXT_EVENT}",
            f"--toggle-collect={_HASHING}",
            "--collect-atstart=yes",
        )  # in this order
        tool = ("valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={out}", *counting)
        run(subject, requests, tool=tool)
        return [_total(Path(f"{out}.{number}")) for number in range(1, requests + 2)]


def _total(part: Path) -> int:
    if not part.exists():
        raise Broken("callgrind wrote no part: has the runtime interface client another way to request events now?")
    (total,) = _TOTAL.findall(part.read_text(encoding="utf-8", errors="replace"))
    return int(total)
