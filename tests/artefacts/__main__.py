# ruff: noqa: T201 -- a command-line report
"""Prints a table for docs/performance.md: CPU time and memory of each function where only /tmp can be written.

Each figure is a median of instances. A function gets a call for which there are rows, otherwise its sample event.
"""

import sys
from itertools import pairwise
from pathlib import Path
from statistics import mean, median
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tests.artefacts.instance import running, unavailable
from tests.artefacts.subjects import Call, built_artefacts
from tests.costs.tables import table
from tests.performance.lambda_process import RuntimeApi, Subject
from tests.support.sample_events import function_name, samples

INSTANCES, INVOCATIONS = 3, 3
HEAD = "function", "init, ms", "× bare", "first, ms", "later, ms", "MiB"


class Figures(NamedTuple):
    """CPU time of the init phase, of the first and of a later invocation, in milliseconds; peak memory."""

    init: float
    first: float
    later: float
    peak_mib: float


def main() -> int:
    """Measure and print."""
    if reason := unavailable():
        print(reason)
        return 1
    with built_artefacts() as artefacts:
        bare = measure(artefacts.bare(), Call(artefacts.bare().event))
        print("\n".join(table(HEAD, [row("*bare*", bare, bare)])), flush=True)
        for name in samples():
            subject = artefacts.subject(name)
            figures = measure(subject, artefacts.call(name) or Call(subject.event))
            print(table(row(function_name(name), figures, bare), ())[0], flush=True)
    return 0


def measure(subject: Subject, call: Call) -> Figures:
    """Return the medians of several instances."""
    return Figures(*map(median, zip(*(figures_of_one(subject, call) for _ in range(INSTANCES)), strict=True)))


def figures_of_one(subject: Subject, call: Call) -> Figures:
    """Return the figures of one instance."""
    with TemporaryDirectory() as folder, running(subject, Path(folder), RuntimeApi()) as instance:
        instance.wait_for("next")
        times = [instance.usage().cpu_milliseconds]
        for _ in range(INVOCATIONS):
            call.check(instance.invoke(call.event))
            times.append(instance.usage().cpu_milliseconds)
        first, *later = (after - before for before, after in pairwise(times))
        return Figures(times[0], first, mean(later), instance.usage().peak_mib)


def row(name: str, one: Figures, bare: Figures) -> list[str]:
    """Return a row of the table."""
    times = f"{one.init:.0f}", f"{one.init / bare.init:.2f}", f"{one.first:.0f}", f"{one.later:.0f}"
    return [name, *times, f"{one.peak_mib:.0f}"]


if __name__ == "__main__":
    sys.exit(main())
