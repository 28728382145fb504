# ruff: noqa: T201 -- a command-line report
"""Benchmarks functions as deployed, against two yardsticks: `python -m tests.performance [FUNCTION …]`.

Each function of the build runs as in Lambda: in a process of its own with the runtime interface client and the layers,
against a cloud that gives each request the same rows. Ratios are to the bare yardstick of the same run.
"""

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

from tests.costs.tables import table
from tests.performance.build import BUILT, ROOT, Built, NotBuilt
from tests.performance.lambda_process import Subject
from tests.performance.limits import exceeded, ratios
from tests.performance.measuring import Figures, measure
from tests.performance.plot import svg
from tests.performance.requests import Broken
from tests.performance.subjects import BARE, NATURAL, functions, yardstick
from tests.performance.world import populated_world

PLOT = ROOT / "docs/performance.svg"
REPRESENTATIVES = ("CreateTask", "GetSession", "SignIn")
HEAD = (
    *("function", "cold, M instructions", "× bare", "first ÷ later", "later, M", "DynamoDB calls"),
    *("later × bare, per call", "MiB", "modules"),
)


def main(arguments: Sequence[str]) -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="python -m tests.performance", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("functions", nargs="*", metavar="FUNCTION", help="by default all that have routes")
    parser.add_argument("--gate", action="store_true", help="measure three, and fail when a figure exceeds its limit")
    options = parser.parse_args(arguments)
    names = options.functions or (REPRESENTATIVES if options.gate else ())
    try:
        with populated_world() as world, Built(BUILT, world.parameters) as built:
            subjects = functions(world, built, names or list(built.functions))
            if not options.gate:
                subjects.append(yardstick(world, built, NATURAL))
            bare = measure(yardstick(world, built, BARE))
            others = measured(subjects, bare)
    except (Broken, NotBuilt) as error:
        print(error)
        return 1
    print("\n".join(report(others, bare)))
    print("; ".join(f"{layer}: {size / 1e6:.1f} MB" for layer, size in built.sizes.items()))
    if not names and not options.gate:
        PLOT.write_text(svg(others, bare), encoding="utf-8")
        print(f"wrote {PLOT.relative_to(ROOT)}")
    failures = exceeded([one for one in others if one.name != NATURAL], bare)
    print("\n".join(failures) or "All figures are within their limits.")
    return 1 if len(others) < len(subjects) or (options.gate and failures) else 0


def measured(subjects: list[Subject], bare: Figures) -> list[Figures]:
    """Measure each subject, and print its row. One that is broken is left out, and the reason printed."""

    def one(subject: Subject) -> list[Figures]:
        try:
            figures = measure(subject)
        except Broken as error:
            print(error, flush=True)
            return []
        print(" | ".join(_row(figures, bare)), flush=True)
        return [figures]

    with ThreadPoolExecutor(max_workers=2) as pool:
        return list(chain.from_iterable(pool.map(one, subjects)))


def report(others: list[Figures], bare: Figures) -> list[str]:
    """Return the table of docs/performance.md, slowest start first but for yardsticks."""
    ordered = sorted(others, key=lambda one: (one.name != NATURAL, -one.cold))
    return table(HEAD, [_row(one, bare) for one in [bare, *ordered]])


def _row(one: Figures, bare: Figures) -> list[str]:
    cold, first, warm = (f"{ratio.value:.2f}" for ratio in ratios(one, bare))
    name = f"*{one.name}*" if one.name in {BARE, NATURAL} else one.name
    millions = f"{one.cold / 1e6:.0f}", f"{one.later / 1e6:.1f}"
    return [name, millions[0], cold, first, millions[1], str(one.calls), warm, f"{one.peak_mib:.0f}", str(one.modules)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
