# ruff: noqa: T201 -- a command-line report
"""Benchmarks functions as deployed, against two yardsticks: `python -m tests.performance [FUNCTION …]`.

Each function of the build runs as in Lambda: in a process of its own with the runtime interface client and the layers,
against a cloud that gives each request the same rows. Ratios are to the bare yardstick of the same run.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.costs.tables import table
from tests.performance.lambda_process import Subject
from tests.performance.limits import exceeded, ratios
from tests.performance.measuring import Figures, measure
from tests.performance.requests import Broken
from tests.performance.subjects import BARE, NATURAL, Build
from tests.performance.world import populated_world
from tests.support.scripted_service import LOCALHOST, write_certificate

REPRESENTATIVES = ("CreateTask", "GetSession", "SignIn")
HEAD = (
    *("function", "cold, M instructions", "× bare", "first ÷ later", "later, M", "DynamoDB calls"),
    *("later × bare, per call", "MiB"),
)
_CHART = """\
```mermaid
---
config:
  xyChart: {{ width: 770, height: 1100, chartOrientation: horizontal }}
  themeVariables: {{ xyChart: {{ plotColorPalette: "#57ab5a, #cf222e" }} }}
---
xychart-beta
  title "Instructions from start to first answer, × bare, and their limits"
  x-axis [{names}]
  y-axis 0 --> 2.5
  bar [{values}]
  line [{limits}]
```"""


def main(arguments: Sequence[str]) -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="python -m tests.performance", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("functions", nargs="*", metavar="FUNCTION", help="by default all that have routes")
    parser.add_argument("--tls", action="store_true", help="call AWS over TLS 1.3, as deployed")
    parser.add_argument("--gate", action="store_true", help="measure three, and fail when a figure exceeds its limit")
    options = parser.parse_args(arguments)
    try:
        with TemporaryDirectory() as folder, populated_world() as world:
            build = Build(world, certificate=write_certificate(Path(folder), LOCALHOST) if options.tls else None)
            names = options.functions or (REPRESENTATIVES if options.gate else build.functions)
            subjects = [] if options.gate else [partial(build.yardstick, NATURAL)]
            subjects += [partial(build.subject, name) for name in names]
            bare = measure(build.yardstick(BARE))
            print("\n".join(table(HEAD, [row(bare, bare)])), flush=True)
            others = list(measured(subjects, bare))
    except Broken as error:
        print(error)
        return 1
    if names is build.functions:
        print(f"\n{chart(others, bare)}\n")
    failures = [failure for one in others if one.name != NATURAL for failure in exceeded(one, bare)]
    print("\n".join(failures) or "All figures are within their limits.")
    return 1 if len(others) < len(subjects) or (options.gate and failures) else 0


def measured(subjects: Sequence[Callable[[], Subject]], bare: Figures) -> Iterator[Figures]:
    """Make and measure each subject, and print its row. One that is broken is left out, and the reason printed."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        for running in [pool.submit(lambda make: measure(make()), subject) for subject in subjects]:
            try:
                figures = running.result()
            except Broken as error:
                print(error, flush=True)
            else:
                print(table(row(figures, bare), ())[0], flush=True)
                yield figures


def row(one: Figures, bare: Figures) -> list[str]:
    """Return a row of the table of docs/performance.md."""
    cold, first, warm = (f"{ratio.value:.2f}" for ratio in ratios(one, bare))
    name = f"*{one.name}*" if one.name in {BARE, NATURAL} else one.name
    millions = f"{one.cold / 1e6:.0f}", f"{one.later / 1e6:.1f}"
    return [name, millions[0], cold, first, millions[1], str(one.calls), warm, f"{one.peak_mib:.0f}"]


def chart(every: Sequence[Figures], bare: Figures) -> str:
    """Return its chart of the starts, for Mermaid: bars, and a line at the limits."""
    cold = sorted((ratios(one, bare)[0].limit, ratios(one, bare)[0].value, one.name) for one in every)
    limits, values, names = zip(*cold, strict=True)
    bars = ", ".join(f"{value:.2f}" for value in values)
    return _CHART.format(names=", ".join(names), values=bars, limits=", ".join(map(str, limits)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
