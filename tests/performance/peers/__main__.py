# ruff: noqa: T201 -- a command-line report
"""Sign-in, get-session and create-task beside better-auth on Node and better-auth-server: in one run, taking turns.

`python -m tests.performance.peers` starts each as Lambda does, and prints tables in Markdown. Ours ask DynamoDB's
stub over HTTP, as deployed; the peers keep everything in their own memory, which is the fastest store they have, and
better-auth does it on a stub of DynamoDB, too.
"""

import argparse
import platform
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from tests.performance.built import BUILT, Built, NotBuilt
from tests.performance.child import Run, Starter, Subject
from tests.performance.packages import interpreter
from tests.performance.peers import packed
from tests.performance.peers.peer_subjects import GATEHOUSE, NODE, PEERS, peer_subjects
from tests.performance.runtime_api import Broken
from tests.performance.subjects import subjects
from tests.performance.world import populated_world

FUNCTIONS = ("SignIn", "GetSession", "CreateTask")
ROUNDS, REQUESTS, WARM = 9, 26, 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """Milliseconds by the clock and of processors, from the start or of a request; the most memory; calls of AWS."""

    cold: float
    cold_cpu: float
    first: float
    first_cpu: float
    later: float
    later_cpu: float
    warm: float
    warm_cpu: float
    peak_mib: float
    calls: float


TITLES = {
    "cold": "start to first answer, wall ms",
    "cold_cpu": "CPU ms",
    "first": "first request, wall ms",
    "first_cpu": "CPU ms",
    "later": "2nd-6th, wall ms",
    "later_cpu": "CPU ms",
    "warm": f"{REQUESTS - WARM + 1}th-{REQUESTS}th, wall ms",
    "warm_cpu": "CPU ms",
    "peak_mib": "peak MiB",
    "calls": "calls",
}


class Everyone(Starter):
    """Starts Node with what stands in for its runtime, and all others as the bench does."""

    def run(self, subject: Subject, requests: int, *, wrapper: Sequence[str] = (), flags: Sequence[str] = ()) -> Run:
        """Node takes what follows its script, another interpreter's command, for arguments, and nobody reads them."""
        node = packed.runtime() if subject.name.startswith(NODE) else ()
        return super().run(subject, requests, wrapper=(*wrapper, *node), flags=flags)


def main(arguments: Sequence[str]) -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.performance.peers", description=(__doc__ or "").split("\n\n")[0]
    )
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--build", type=Path, default=BUILT, metavar="FOLDER", help="what `sam build` made")
    given = parser.parse_args(arguments)
    try:
        with ExitStack() as stack:
            world = stack.enter_context(populated_world())
            built = stack.enter_context(Built(given.build, world.parameters))
            every = peer_subjects(subjects(world, built, FUNCTIONS, ()), packed.node(), packed.python())
            taken = measured(Everyone(interpreter()), every, given.rounds)
    except (Broken, NotBuilt, packed.Missing, subprocess.CalledProcessError) as error:
        print(error)
        return 1
    print("\n".join(_tables(taken)))
    node = subprocess.check_output([packed.runtime()[0], "--version"], text=True).strip()  # noqa: S603 -- our own
    print(f"\nPython {platform.python_version()}, Node {node}, {given.rounds} rounds, {platform.machine()}")
    return 0


def measured[Key](starter: Starter, every: dict[Key, Subject], rounds: int) -> dict[Key, Taken]:
    """Start everything once a round, one after the other; each round begins with another. The medians."""
    found: dict[Key, list[Taken]] = {key: [] for key in every}
    for number in range(rounds):
        keys = list(every)
        turn = number % len(keys)
        for key in (*keys[turn:], *keys[:turn]):
            found[key].append(_taken(starter.run(every[key], REQUESTS)))
        print(f"round {number + 1} of {rounds}", file=sys.stderr, flush=True)
    return {
        key: Taken(**{name: median(getattr(one, name) for one in all_) for name in TITLES})
        for key, all_ in found.items()
    }


def _taken(run: Run) -> Taken:
    used = [1000 * (after.cpu - before.cpu) for before, after in zip(run.snapshots, run.snapshots[1:], strict=False)]
    waited = [1000 * seconds for seconds in run.seconds]
    return Taken(
        cold=1000 * (run.snapshots[0].wall - run.started) + waited[0],
        cold_cpu=1000 * run.snapshots[1].cpu,
        first=waited[0],
        first_cpu=used[0],
        later=median(waited[1:6]),
        later_cpu=median(used[1:6]),
        warm=median(waited[-WARM:]),
        warm_cpu=median(used[-WARM:]),
        peak_mib=run.peak_kib / 1024,
        calls=sum(run.snapshots[2].calls.values()) - sum(run.snapshots[1].calls.values()),
    )


def _tables(taken: dict[tuple[str, str], Taken]) -> list[str]:
    lines: list[str] = []
    for function in FUNCTIONS:
        row = {who: asdict(taken[function, who]) for who in (GATEHOUSE, *PEERS)}
        lines += ["", f"| {function} | {' | '.join(TITLES.values())} |", f"|---|{'---:|' * len(TITLES)}"]
        lines += [_line(who, values) for who, values in row.items()]
        for peer in PEERS:
            ratios = {name: row[GATEHOUSE][name] / row[peer][name] for name in TITLES if name != "calls"}
            lines.append(_line(f"ours ÷ {peer}", ratios, digits=2))
    return lines


def _line(title: str, values: dict[str, float], digits: int | None = None) -> str:
    def cell(name: str) -> str:
        value = values.get(name)
        if value is None:
            return ""
        return f"{value:.{0 if name == 'calls' else digits or (2 if value < 10 else 0)}f}"

    return f"| {title} | {' | '.join(cell(name) for name in TITLES)} |"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
