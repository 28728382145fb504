"""Wall time, CPU time and memory: medians over rounds that run all subjects in turn."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from statistics import median

from tests.performance.child import Run, Starter, Subject

LATER = 5  # requests after the first


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Milliseconds of wall and CPU time, and peak memory."""

    init: float
    init_cpu: float
    first: float
    first_cpu: float
    later: float
    later_cpu: float
    peak_mib: float

    @property
    def cold_cpu(self) -> float:
        """From the start to the first response."""
        return self.init_cpu + self.first_cpu


def times(run: Run) -> Times:
    """Return the times of one run."""
    cpu = [1000 * (after.cpu - before.cpu) for before, after in zip(run.snapshots, run.snapshots[1:], strict=False)]
    wall = [1000 * seconds for seconds in run.seconds]
    return Times(
        init=1000 * (run.snapshots[0].wall - run.started),
        init_cpu=1000 * run.snapshots[0].cpu,
        first=wall[0],
        first_cpu=cpu[0],
        later=median(wall[1:]),
        later_cpu=median(cpu[1:]),
        peak_mib=run.peak_kib / 1024,
    )


def medians(every: Sequence[Times]) -> Times:
    """Return the median of each figure."""
    rows = [asdict(one) for one in every]
    return Times(**{name: median(row[name] for row in rows) for name in rows[0]})


def measure(
    starter: Starter, subjects: Sequence[Subject], rounds: int, report: Callable[[int], None]
) -> dict[str, Times]:
    """Run all subjects once per round; each round begins with another subject."""
    every: dict[str, list[Times]] = {subject.name: [] for subject in subjects}
    for number in range(rounds):
        turn = number % len(subjects)
        for subject in (*subjects[turn:], *subjects[:turn]):
            every[subject.name].append(times(starter.run(subject, 1 + LATER)))
        report(number + 1)
    return {name: medians(found) for name, found in every.items()}
