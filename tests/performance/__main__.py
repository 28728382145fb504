# ruff: noqa: T201 -- a command-line report
"""Benchmarks functions as deployed, against two yardsticks: `python -m tests.performance [FUNCTION …]`.

Each function of the build runs as in Lambda: in a process of its own with the runtime interface client and the layers,
against a cloud that always gives the same responses. Ratios are to the bare yardstick of the same run.

With --gate only instructions are counted, and the exit code is 1 if a figure exceeds its limit.
"""

import argparse
import platform
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from tests.performance import instructions
from tests.performance.built import BUILT, Built, NotBuilt
from tests.performance.child import Starter, Subject
from tests.performance.figures import Figures, exceeded, ratios
from tests.performance.instructions import Instructions
from tests.performance.inventory import inventory
from tests.performance.measuring import measure
from tests.performance.packages import BARE, CACHE, NATURAL, ROOT, interpreter
from tests.performance.plot import panels, svg
from tests.performance.report import table, write
from tests.performance.runtime_api import Broken
from tests.performance.subjects import YARDSTICKS, Unknown, subjects
from tests.performance.world import populated_world

PLOT = ROOT / "docs/performance.svg"
REPRESENTATIVES = ("CreateTask", "GetSession", "SignIn")
ROUNDS, ROUNDS_OF_ALL = 10, 5
_AT_ONCE = 2


def main(arguments: Sequence[str]) -> int:
    """Measure and report."""
    options = _parser().parse_args(arguments)
    names = options.functions or (REPRESENTATIVES if options.gate else ())
    rounds = 0 if options.gate else options.rounds or (ROUNDS if names else ROUNDS_OF_ALL)
    counts = options.gate or options.instructions
    if counts and not instructions.available():
        print("valgrind is not installed, so instructions are not counted.")
        if options.gate:
            return 1
    try:
        with ExitStack() as stack:
            world = stack.enter_context(populated_world())
            built = stack.enter_context(Built(options.build, world.parameters))
            every = subjects(world, built, names, (BARE,) if options.gate else YARDSTICKS)
            figures = measured(every, rounds, counts=counts and instructions.available())
            sizes = built.sizes(built.functions)
    except (Broken, NotBuilt, Unknown) as error:
        print(error)
        return 1
    return _report(figures, sizes, options, whole=not names)


def measured(every: list[Subject], rounds: int, *, counts: bool) -> list[Figures]:
    """Measure each subject. Measurements that disturb others run before or after the timing."""
    starter = Starter(interpreter())
    seen = {subject.name: inventory(starter, subject) for subject in every}
    times = measure(starter, every, rounds, lambda number: print(f"round {number} of {rounds}")) if rounds else {}
    counted = _counted(starter, every) if counts else {}
    return [
        Figures(
            name=subject.name,
            request=subject.request,
            inventory=seen[subject.name],
            times=times.get(subject.name),
            instructions=counted.get(subject.name),
        )
        for subject in every
    ]


def _counted(starter: Starter, every: list[Subject]) -> dict[str, Instructions]:
    def one(subject: Subject) -> tuple[str, Instructions]:
        found = instructions.count(starter, subject)
        print(f"{subject.name}: {found.cold / 1e6:.0f} million instructions to the first response", flush=True)
        return subject.name, found

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return dict(pool.map(one, every))


def _report(figures: list[Figures], sizes: dict[str, int], options: argparse.Namespace, *, whole: bool) -> int:
    bare = next(one for one in figures if one.name == BARE)
    functions = [one for one in figures if one.name not in YARDSTICKS]
    print("\n".join(table(figures, bare)))
    print("; ".join(f"{layer}: {size / 1e6:.1f} MB" for layer, size in sizes.items()))
    about = {"python": platform.python_version(), "machine": platform.machine(), "layers": sizes}
    write(options.json, figures, bare, about)
    if whole and bare.instructions:
        PLOT.write_text(_picture(figures, bare), encoding="utf-8")
        print(f"wrote {PLOT.relative_to(ROOT)}")
    if not options.gate:
        return 0
    failures = exceeded(functions, bare)
    print("\n".join(failures) or "All figures are within their limits.")
    return 1 if failures else 0


def _picture(figures: list[Figures], bare: Figures) -> str:
    colds = {one.name: ratios(one, bare)[0].value for one in figures}
    bars = [(one.name, colds[one.name], one.request.provider) for one in figures if one.name not in YARDSTICKS]
    return svg(panels(bars, (NATURAL, colds[NATURAL])), YARDSTICKS)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.performance", description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("functions", nargs="*", metavar="FUNCTION", help="by default all that have routes")
    parser.add_argument("--rounds", type=int, help=f"by default {ROUNDS}, or {ROUNDS_OF_ALL} of all functions")
    parser.add_argument("--instructions", action="store_true", help="count instructions, too, which takes minutes")
    parser.add_argument("--gate", action="store_true", help="count them alone, and fail when there are too many")
    parser.add_argument("--json", type=Path, default=CACHE.parent / "bench.json", metavar="FILE")
    parser.add_argument("--build", type=Path, default=BUILT, metavar="FOLDER", help="what `sam build` made")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
