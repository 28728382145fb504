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
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from tests.costs.tables import table
from tests.performance.lambda_process import Subject, run
from tests.performance.peers import packed
from tests.performance.peers.peer_subjects import GATEHOUSE, PEERS, peer_subjects
from tests.performance.requests import Broken
from tests.performance.subjects import Build
from tests.performance.world import populated_world

FUNCTIONS = ("SignIn", "GetSession", "CreateTask")
ROUNDS, REQUESTS, WARM = 9, 26, 10


class Taken(NamedTuple):
    """Milliseconds of processors until the first response, and of the first and a warm request; the most memory."""

    cold: float
    first: float
    warm: float
    peak_mib: float


TITLES = ("start to first answer, CPU ms", "first request", f"{REQUESTS - WARM + 1}th-{REQUESTS}th", "peak MiB")


def main(arguments: Sequence[str]) -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.performance.peers", description=(__doc__ or "").split("\n\n")[0]
    )
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args(arguments)
    try:
        with populated_world() as world:
            taken = measured(peer_subjects(list(map(Build(world).subject, FUNCTIONS))), given.rounds)
    except (Broken, packed.Missing, subprocess.CalledProcessError) as error:
        print(error)
        return 1
    print("\n".join(_tables(taken)))
    node = subprocess.check_output([packed.runtime()[0], "--version"], text=True).strip()  # noqa: S603 -- our own
    print(f"\nPython {platform.python_version()}, Node {node}, {given.rounds} rounds, {platform.machine()}")
    return 0


def measured[Key](every: Mapping[Key, Subject], rounds: int) -> dict[Key, Taken]:
    """Start everything once a round, one after the other; each round begins with another. The medians."""
    found, keys = defaultdict[Key, list[Taken]](list), list(every)
    for number in range(rounds):
        turn = number % len(keys)
        for key in (*keys[turn:], *keys[:turn]):
            found[key].append(_taken(every[key]))
        print(f"round {number + 1} of {rounds}", file=sys.stderr, flush=True)
    return {key: Taken(*map(median, zip(*all_, strict=True))) for key, all_ in found.items()}


def _taken(subject: Subject) -> Taken:
    used = run(subject, REQUESTS)
    requests = [after.cpu_milliseconds - before.cpu_milliseconds for before, after in pairwise(used)]
    cold, peak_mib = used[1].cpu_milliseconds, used[-1].peak_mib
    return Taken(cold=cold, first=requests[0], warm=median(requests[-WARM:]), peak_mib=peak_mib)


def _tables(taken: Mapping[tuple[str, str], Taken]) -> list[str]:
    lines = list[str]()
    for function in FUNCTIONS:
        ours = taken[function, GATEHOUSE]
        rows = [(who, *(f"{figure:.1f}" for figure in taken[function, who])) for who in (GATEHOUSE, *PEERS)]
        for peer in PEERS:
            ratios = (mine / theirs for mine, theirs in zip(ours, taken[function, peer], strict=True))
            rows.append((f"ours ÷ {peer}", *(f"{ratio:.2f}" for ratio in ratios)))
        lines += ["", *table((function, *TITLES), rows)]
    return lines


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
