"""The modules that a function loads, the files that it opens, and its AWS calls."""

import re
import shutil
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.performance.child import Run, Snapshot, Starter, Subject

_IMPORT = re.compile(r"import time:\s+(\d+) \|\s+\d+ \| \s*(\S+)")
_OPENED = re.compile(r"open(?:at2?)?\(.*= \d+")

type Calls = dict[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """`files` is None without strace. Calls are those of init, the first request and a later one."""

    modules: int
    files: int | None
    calls: tuple[Calls, Calls, Calls]
    imports: dict[str, int] = field(default_factory=dict)  # microseconds in a package's own modules

    @property
    def trips(self) -> int:
        """The DynamoDB calls of a later request."""
        return sum(number for operation, number in self.calls[2].items() if "." not in operation)


def inventory(starter: Starter, subject: Subject) -> Inventory:
    """Run a subject with import times and strace. This must be its first run: later ones replay its responses."""
    run = starter.run(subject, 2, flags=("-X", "importtime"))
    loaded = imports(run.output)
    files = _files(starter, subject) if shutil.which("strace") else None
    return Inventory(modules=len(loaded), files=files, calls=_calls(run), imports=by_package(loaded))


def imports(output: str) -> list[tuple[str, int]]:
    """Return modules with their own microseconds, from the output of `-X importtime`."""
    return [(name, int(own)) for own, name in _IMPORT.findall(output)]


def by_package(loaded: list[tuple[str, int]]) -> dict[str, int]:
    """Return the microseconds per package, longest first."""
    total = Counter[str]()
    for name, own in loaded:
        total[name.partition(".")[0]] += own
    return dict(total.most_common())


def opened(trace: str) -> int:
    """Return the number of opened files in strace's output."""
    return sum(1 for line in trace.splitlines() if _OPENED.search(line))


def _files(starter: Starter, subject: Subject) -> int:
    with TemporaryDirectory() as folder:
        trace = Path(folder, "trace")
        tool = ("strace", "-f", "-qq", "-e", "trace=open,openat,openat2", "-o", str(trace))
        starter.run(subject, 1, wrapper=tool)
        return opened(trace.read_text(encoding="utf-8", errors="replace"))


def _calls(run: Run) -> tuple[Calls, Calls, Calls]:
    init, first, later = run.snapshots
    return init.calls, _between(init, first), _between(first, later)


def _between(before: Snapshot, after: Snapshot) -> Calls:
    return dict(Counter(after.calls) - Counter(before.calls))
