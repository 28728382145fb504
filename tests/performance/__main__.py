# ruff: noqa: T201 -- a command-line report
"""Benchmarks functions as deployed, against two yardsticks: `python -m tests.performance [FUNCTION …]`.

Each function of the build runs as in Lambda: in a process of its own with the runtime interface client and the layers,
against a cloud that gives each request the same rows. Ratios are to the bare yardstick of the same run.
"""

import argparse
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import chain
from pathlib import Path

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
_AT_ONCE = 2


def main(arguments: Sequence[str]) -> int:
    """Measure and report."""
    options = _parser().parse_args(arguments)
    names = options.functions or (REPRESENTATIVES if options.gate else ())
    try:
        with ExitStack() as stack:
            world = stack.enter_context(populated_world())
            built = stack.enter_context(Built(options.build, world.parameters))
            subjects = functions(world, built, names or list(built.functions))
            if not options.gate:
                subjects.append(yardstick(world, built, NATURAL))
            bare = measure(yardstick(world, built, BARE))
            others = measured(subjects)
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


def measured(subjects: list[Subject]) -> list[Figures]:
    """Measure each subject. One that is broken is left out, and the reason printed."""

    def one(subject: Subject) -> list[Figures]:
        try:
            figures = measure(subject)
        except Broken as error:
            print(error, flush=True)
            return []
        print(f"{subject.name}: {figures.cold / 1e6:.0f} million instructions to the first response", flush=True)
        return [figures]

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(chain.from_iterable(pool.map(one, subjects)))


def report(others: list[Figures], bare: Figures) -> list[str]:
    """Return the table of docs/performance.md, slowest start first but for yardsticks."""
    return table(HEAD, [_row(one, bare) for one in [bare, *sorted(others, key=_place)]])


def _place(one: Figures) -> tuple[bool, int]:
    return one.name != NATURAL, -one.cold


def _row(one: Figures, bare: Figures) -> list[str]:
    cold, first, warm = (f"{ratio.value:.2f}" for ratio in ratios(one, bare))
    name = f"*{one.name}*" if one.name in {BARE, NATURAL} else one.name
    millions = f"{one.cold / 1e6:.0f}", f"{one.later / 1e6:.1f}"
    return [name, millions[0], cold, first, millions[1], str(one.calls), warm, f"{one.peak_mib:.0f}", str(one.modules)]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.performance", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("functions", nargs="*", metavar="FUNCTION", help="by default all that have routes")
    parser.add_argument("--gate", action="store_true", help="measure three, and fail when a figure exceeds its limit")
    parser.add_argument("--build", type=Path, default=BUILT, metavar="FOLDER", help="what `sam build` made")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
