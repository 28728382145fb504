"""Counts instructions with valgrind. Counts repeat to a thousandth on any machine under any load.

Callgrind dumps its counts whenever the process requests the next event, so one run separates the start and each
request. Password hashing is counted separately: in the hashing library, and in the C library for it.
"""

import re
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.performance.child import Starter, Subject
from tests.performance.runtime_api import Broken

WARM = 10  # requests after the first
_NEXT_EVENT = "method_next*"  # in the native part of the runtime interface client
_HASHING = re.compile(r"/(_argon2_cffi_bindings|bcrypt)/")
_FOR_THEM = re.compile(r"/libc\.so")
_COST = re.compile(r"[+\-*\d]\S* (\d+)")
_OBJECT = re.compile(r"(c?)ob=\((\d+)\)(?: (.*))?")  # the first use of a number has its name


@dataclass(frozen=True, slots=True, kw_only=True)
class Instructions:
    """Counts of the start, the first and a later request, without hashing; `hashing` is that of a later request."""

    init: int
    first: int
    later: int
    hashing: int = 0

    @property
    def cold(self) -> int:
        """From the start to the first response."""
        return self.init + self.first


def available() -> bool:
    """Whether valgrind is installed."""
    return shutil.which("valgrind") is not None


def count(starter: Starter, subject: Subject) -> Instructions:
    """Count one run with 1 + WARM requests."""
    with TemporaryDirectory() as folder:
        out = Path(folder, "out")
        tool = ("--tool=callgrind", f"--callgrind-out-file={out}", f"--dump-before={_NEXT_EVENT}")
        starter.run(subject, 1 + WARM, wrapper=("valgrind", "--quiet", *tool))
        parts = [split(_lines(Path(f"{out}.{number}"))) for number in range(1, WARM + 3)]
    return summed(parts)


def summed(parts: Sequence[tuple[int, int]]) -> Instructions:
    """Summarize the parts of a run: the start, the first request, later requests. Each has total and hashing."""
    (init, _), (first, hashed), *later = [(total - hashing, hashing) for total, hashing in parts]
    return Instructions(
        init=init,
        first=first,
        later=round(sum(total for total, _ in later) / len(later)),
        hashing=round(sum(hashing for _, hashing in later) / len(later)) if hashed else 0,
    )


def split(lines: Iterable[str]) -> tuple[int, int]:
    """Return all instructions in callgrind's output, and those of hashing."""
    total, hashing = 0, 0
    names, hashes, for_them, called = dict[str, str](), False, False, False
    for line in lines:
        if found := _OBJECT.match(line):
            of_callee, number, name = found.groups()
            names.setdefault(number, name or "")
            if of_callee:
                for_them = bool(_FOR_THEM.search(names[number]))
            else:
                hashes = bool(_HASHING.search(names[number]))
        elif line.startswith("totals:"):
            total = int(line.split()[1])
        elif line.startswith("calls="):
            called = True  # the next line has the call's inclusive cost, which is also listed at the callee
        elif cost := _COST.match(line):
            hashing += int(cost[1]) if hashes and (for_them or not called) else 0
            for_them = called = False
    return total, hashing


def _lines(part: Path) -> Iterable[str]:
    if not part.exists():
        raise Broken("callgrind wrote no part: has the runtime interface client another way to request events now?")
    return part.read_text(encoding="utf-8", errors="replace").splitlines()
