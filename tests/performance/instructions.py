"""Instructions, counted by valgrind: they repeat to a thousandth on any machine, however busy.

Callgrind writes down what it counted whenever the process asks for the next event, so one run tells of the start and
of each request apart. What is spent on hashing a password is counted by itself: what happens in the library that does
it, and what that has the C library do, such as wiping 19 MiB.
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
_ASKS_FOR_NEXT = "method_next*"  # in the native part of the runtime interface client
_HASHING = re.compile(r"/(_argon2_cffi_bindings|bcrypt)/")
_FOR_THEM = re.compile(r"/libc\.so")
_COST = re.compile(r"[+\-*\d]\S* (\d+)")
_OBJECT = re.compile(r"(c?)ob=\((\d+)\)(?: (.*))?")  # a number has its name where it comes first


@dataclass(frozen=True, slots=True, kw_only=True)
class Instructions:
    """Of the start, of the first request and of a later one, without hashing; `hashing` is that of a later one."""

    init: int
    first: int
    later: int
    hashing: int = 0

    @property
    def cold(self) -> int:
        """From the start to the first answer."""
        return self.init + self.first


def available() -> bool:
    """Whether there is a valgrind."""
    return shutil.which("valgrind") is not None


def count(starter: Starter, subject: Subject) -> Instructions:
    """Start once, with one request and WARM more."""
    with TemporaryDirectory() as folder:
        out = Path(folder, "out")
        tool = ("--tool=callgrind", f"--callgrind-out-file={out}", f"--dump-before={_ASKS_FOR_NEXT}")
        starter.run(subject, 1 + WARM, wrapper=("valgrind", "--quiet", *tool))
        parts = [split(_lines(Path(f"{out}.{number}"))) for number in range(1, WARM + 3)]
    return summed(parts)


def summed(parts: Sequence[tuple[int, int]]) -> Instructions:
    """Of the parts of a run, each with what was hashing: the start, the first request, later ones."""
    (init, _), (first, hashed), *later = [(total - hashing, hashing) for total, hashing in parts]
    return Instructions(
        init=init,
        first=first,
        later=round(sum(total for total, _ in later) / len(later)),
        hashing=round(sum(hashing for _, hashing in later) / len(later)) if hashed else 0,
    )


def split(lines: Iterable[str]) -> tuple[int, int]:
    """All instructions in callgrind's output, and those of libraries that hash."""
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
            called = True  # the next line tells what the call took, which is told where that happened, too
        elif cost := _COST.match(line):
            hashing += int(cost[1]) if hashes and (for_them or not called) else 0
            for_them = called = False
    return total, hashing


def _lines(part: Path) -> Iterable[str]:
    if not part.exists():
        raise Broken("callgrind wrote no part: has the runtime interface client another way to ask for events now?")
    return part.read_text(encoding="utf-8", errors="replace").splitlines()
